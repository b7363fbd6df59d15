import { pathToFileURL } from 'node:url'
import type { ActorPlan, Answer, Question } from './processes.js'

// The main module of a process of a benchmark: makes its actor and answers questions to it, until its parent lets go.

type Method = (...rest: readonly unknown[]) => Promise<unknown>

let actor: Record<string, Method> = {}

async function make (plan: ActorPlan): Promise<void> {
  const module = await import(pathToFileURL(plan.module).href) as Record<string, (options: unknown) => Promise<Record<string, Method>>>
  const maker = module[plan.make]
  if (maker === undefined) throw new Error(`${plan.module} exports no ${plan.make}`)
  actor = await maker(plan.options)
}

async function answer ({ name, rest }: Question): Promise<unknown> {
  if (name === 'make') return make(rest[0] as ActorPlan)
  if (name === 'cpu') {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  if (name === 'memory') return { now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1024 }
  const method = actor[name]
  if (method === undefined) throw new Error(`nobody knows how to ${name}`)
  return method.apply(actor, [...rest])
}

process.on('message', (question: Question) => {
  const reply = (rest: Omit<Answer, 'id'>): void => { process.send?.({ id: question.id, ...rest }) }
  answer(question).then(value => { reply({ value }) }, (error: unknown) => { reply({ error: error instanceof Error ? error.stack ?? error.message : String(error) }) })
})
process.on('disconnect', () => { process.exit(0) })
