import type { SendState } from '../../files/index.js'
import { failureCode } from '../errors.js'
import type { OwnConnection } from '../own-connection.js'
import type { Output } from '../terminal/output.js'
import type { TransferBar } from './transfer-bar.js'

/** What {@link stateTeller} works with. */
export interface TellerParts {
  readonly connection: OwnConnection
  readonly output: Pick<Output, 'event' | 'status'>
  readonly bar: Pick<TransferBar, 'stop'>
  /** Of whom files are sent to. */
  readonly name: string
}

/** Says what a sender does, each thing once however often it is tried. */
export function stateTeller ({ connection, output, bar, name }: TellerParts): (state: SendState) => void {
  let last = ''
  return state => {
    if (state.type === 'opening') return
    const [why, code] = state.type === 'waiting' ? whyWaiting(connection, state.error, name) : ['', undefined]
    const now = `${state.type} ${why} ${code ?? ''}`
    if (now === last) return
    last = now
    output.event('state', { state: state.type, code })
    if (state.type === 'sending') return output.status()
    bar.stop()
    output.status(state.type === 'asking' ? `waiting for ${name} to say yes` : `${why} (${code}); waiting, Ctrl-C gives up`)
  }
}

/** Why it waits, in words and as a code. */
function whyWaiting (connection: OwnConnection, error: Error, name: string): [string, string] {
  const lost = connection.lost(error)
  if (lost !== undefined) return ['no connection to the relay', failureCode(lost)]
  const code = failureCode(error)
  if (code === 'ERR_RESET_LIMIT') return [`${name} takes nothing more just now`, code]
  // on their side or on ours, which may be known only later
  return [code === 'ERR_RESET_GONE' ? `the connection to ${name} was lost` : `${name} is not there`, code]
}
