import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from 'playwright-core'
import { createIdentity, type Identity } from '../../lib/nova/index.js'
import { pageHandler } from '../../lib/page/index.js'
import { startRelay, type Registration, type Relay } from '../../lib/relay/server/index.js'
import { storeError } from '../../lib/store/errors.js'
import { memoryStore } from '../../lib/store/index.js'
import { deferred } from '../../lib/stream/index.js'
import { CHROMIUM_FLAGS } from '../browser/chromium.js'

/** Milliseconds after which what does not come is taken for missing. */
const PATIENCE = 30_000

/** A relay with its page, which can be killed and started again at the same port, with what it had. */
export class PageRelay {
  #identity = createIdentity()
  #store = memoryStore()
  #relay: Relay | undefined
  #port = 0

  readonly #registration: Registration

  private constructor (registration: Registration) {
    this.#registration = registration
  }

  static async start (registration: Registration = { rule: 'open' }): Promise<PageRelay> {
    const relay = new PageRelay(registration)
    await relay.start()
    return relay
  }

  get identity (): Identity { return this.#identity }
  get address (): string { return `http://127.0.0.1:${this.#port}/` }
  get url (): string { return `ws://127.0.0.1:${this.#port}/` }

  async start (): Promise<void> {
    const onRequest = pageHandler({ relay: this.identity.publicKey })
    this.#relay = await startRelay({ identity: this.identity, store: this.#store, registration: this.#registration, websocket: { port: this.#port, onRequest } })
    this.#port = Number(new URL(this.#relay.websocket ?? '').port)
  }

  async invite (): Promise<string> {
    return Buffer.from(await this.#relay?.invite() ?? '').toString('base64url')
  }

  /** From now on nothing more is stored. @returns a promise that resolves at the third try: whoever tries again knows of the first */
  async fill (): Promise<void> {
    const third = deferred()
    let tries = 0
    Object.assign(this.#store, { write: async () => {
      if (++tries === 3) third.resolve()
      throw storeError('ERR_STORE_SPACE')
    } })
    await third.promise
  }

  /** Goes, and comes back at the same port as somebody else, who knows nobody. */
  async replace (): Promise<void> {
    await this.kill()
    this.#identity = createIdentity()
    this.#store = memoryStore()
    await this.start()
  }

  /** Cuts every connection off. */
  async kill (): Promise<void> {
    this.#relay?.abort()
    await this.#relay?.closed
  }
}

/** Somebody in a browser of their own, and everything that goes wrong there. */
export class Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors of scripts, and violations of the policy. */
  readonly wrong: string[] = []

  private constructor (context: BrowserContext, page: Page) {
    this.context = context
    this.page = page
    this.watch(page)
  }

  static async come (browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ acceptDownloads: true, ...options })
    context.setDefaultTimeout(PATIENCE)
    return new Visitor(context, await context.newPage())
  }

  /** Notes what goes wrong in a page of this visitor. */
  watch (page: Page): void {
    page.on('pageerror', error => { this.wrong.push(`error: ${error.message}`) })
    page.on('console', message => { if (/Content.Security.Policy|Trusted ?Types?|Permissions.Policy/i.test(message.text())) this.wrong.push(message.text()) })
  }

  /** A first visit. */
  async begin (address: string, name: string): Promise<void> {
    const { page } = this
    await page.goto(address)
    await page.getByLabel('Your name').fill(name)
    await page.getByRole('button', { name: /^Begin/ }).click()
    await page.getByText('Connected', { exact: true }).waitFor()
  }

  /** The code of the dialog to pair, which stays open. */
  async code (): Promise<string> {
    await this.page.getByRole('button', { name: 'Pair with somebody' }).first().click()
    const code = this.page.getByLabel('Your code')
    await code.waitFor()
    return code.inputValue()
  }

  /** Answers a code. */
  async answer (code: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Pair with somebody' }).first().click()
    await this.page.getByLabel('Their code or link').fill(code)
    await this.page.getByRole('button', { name: 'Pair', exact: true }).click()
    await this.input.waitFor()
  }

  get input (): Locator { return this.page.getByRole('textbox', { name: 'Message' }) }

  async say (text: string): Promise<void> {
    await this.input.fill(text)
    await this.input.press('Enter')
  }

  /** What stands in the conversation with that text in it. */
  entry (text: string | RegExp): Locator { return this.page.getByRole('listitem').filter({ hasText: text }).last() }

  async choose (files: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]): Promise<void> {
    await this.page.locator('input[type=file]').setInputFiles(files)
  }

  async accept (): Promise<void> {
    await this.page.getByRole('button', { name: /^Accept/ }).last().click()
  }

  leave (): Promise<void> { return this.context.close() }
}

/** @throws what the browser does */
export function openBrowser (executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS], timeout: 60_000 })
}
