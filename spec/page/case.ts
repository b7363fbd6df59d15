import type { Browser } from 'playwright-core'
import { NodePeer } from './node-peer.js'
import { type PageRelay, Visitor } from './support.js'

/** What a case has: a browser, a relay of its own, and whoever it asks for; all of it goes when the case is over. */
export class Scene {
  readonly browser: Browser
  readonly relay: PageRelay
  readonly #visitors: Visitor[] = []
  readonly #peers: NodePeer[] = []

  constructor (browser: Browser, relay: PageRelay) {
    this.browser = browser
    this.relay = relay
  }

  /** Somebody who opens a browser, and no page yet. */
  async stranger (options?: Parameters<typeof Visitor.come>[1]): Promise<Visitor> {
    const visitor = await Visitor.come(this.browser, options)
    this.#visitors.push(visitor)
    return visitor
  }

  /** Somebody with a page and a name. */
  async visitor (name: string, options?: Parameters<typeof Visitor.come>[1]): Promise<Visitor> {
    const visitor = await this.stranger(options)
    await visitor.begin(this.relay.address, name)
    return visitor
  }

  /** Somebody on Node. */
  async peer (): Promise<NodePeer> {
    const peer = await NodePeer.come(this.relay)
    this.#peers.push(peer)
    return peer
  }

  /** Two pages that know each other, with their conversation open. */
  async pair (): Promise<[Visitor, Visitor]> {
    const [alice, bob] = [await this.visitor('Alice'), await this.visitor('Bob')]
    await bob.answer(await alice.code())
    await alice.input.waitFor()
    return [alice, bob]
  }

  /** A page and somebody on Node that know each other. */
  async mixed (): Promise<[Visitor, NodePeer]> {
    const [alice, node] = [await this.visitor('Alice'), await this.peer()]
    await alice.answer(await node.client.offer())
    return [alice, node]
  }

  /** Ends everybody. @returns what went wrong in their pages */
  async end (): Promise<string[]> {
    await Promise.all(this.#peers.map(({ client }) => client.close()))
    await Promise.all(this.#visitors.map(visitor => visitor.leave()))
    await this.relay.kill()
    return this.#visitors.flatMap(({ wrong }) => wrong)
  }

  /** Shows what was on the screens, for whoever looks into a failure. */
  async screens (): Promise<string> {
    return (await Promise.all(this.#visitors.map(({ page }) => page.locator('body').innerText({ timeout: 2000 }).catch(() => 'no page')))).join('\n-----\n')
  }
}

/** Something that is tried; it throws when it does not hold. */
export interface PageCase {
  readonly name: string
  readonly run: (scene: Scene) => Promise<void>
}
