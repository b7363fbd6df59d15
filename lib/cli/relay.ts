import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { formatUuid } from '../bytes/index.js'
import { startRelay } from '../relay/server/index.js'
import { openSqliteStore } from '../store/sqlite/index.js'
import { deadline, deferred } from '../stream/index.js'
import { tuneCollector } from './collector.js'
import { cliError, failureCode } from './errors.js'
import { addressesToBe } from './relay/addresses.js'
import { askForInvite } from './relay/admin.js'
import { printConfig, readConfig } from './relay/config.js'
import { reportFailure } from './relay/failure.js'
import { identityFile, identityToKeep } from './relay/identity-file.js'
import { relayLog, type Logger } from './relay/log.js'
import { serve, type Serving } from './relay/serve.js'
import { defaultSettings, withSettings, type Settings, type SomeSettings } from './relay/settings.js'
import { welcome } from './relay/welcome.js'
import { Output } from './terminal/output.js'

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
/** Milliseconds that a relay that runs has to make an invite. */
const INVITE_TIMEOUT = 5000

interface Options {
  config?: string
  tcp?: string
  websocket?: string
  page: boolean
  store?: string
  memory?: true
  identity?: string
  registration?: Settings['registration']['rule']
  metrics?: string
  logLevel?: Settings['log']['level']
  json?: true
}

const HELP = `
  hushwire relay --tcp 0.0.0.0:7411 --store /var/lib/hushwire/store --identity /var/lib/hushwire/identity --metrics 7412
  hushwire relay config > relay.toml      # every setting, with its default
  hushwire relay --config relay.toml
  hushwire relay id --config relay.toml   # what clients are given, after the first start
  hushwire relay invite --config relay.toml

Flags win over the file. Logs are JSON on stderr. SIGTERM and SIGINT finish what is under way and end with 0, a second one ends at
once with 143 or 130; SIGHUP reads the certificate again, if there is one. It ends with 1 when something failed, such as a port that is taken or a
store in use, and with 2 when the command, the configuration, the identity file or the certificate cannot be used.`

/** `hushwire relay`: runs a relay. */
export function relayCommand (): Command {
  const command = shared(new Command('relay').description('Run a relay: accounts, mail, and packets between identities.'))
    .option('--tcp <[host:]port>', 'listen on TCP; 127.0.0.1 unless a host is given')
    .option('--websocket <[host:]port>', 'listen for WebSockets')
    .option('--no-page', 'serve no web page beside the WebSockets')
    .option('--memory', 'keep accounts and mail in memory: gone with the process')
    .addOption(new Option('--registration <rule>', 'who gets an account').choices(['open', 'invite', 'allowlist']))
    .option('--metrics <[host:]port>', 'serve /metrics, /health and /ready')
    .addOption(new Option('--log-level <level>', 'what is told').choices(['debug', 'info', 'warn', 'error', 'fatal', 'silent']))
    .option('--json', 'tell in JSON also why the command could not start; of those below, what they print')
    .addHelpText('after', HELP)
    .action(attempt(run, process.stderr))
  command.addCommand(new Command('config').description('Print a relay.toml with every setting and its default.').action(attempt(tellConfig)))
  command.addCommand(shared(new Command('id').description("Print the relay's id, its public key, and the addresses that clients are given, where they are known.")).action(attempt(printId)))
  command.addCommand(shared(new Command('invite').description('Make an invite, with which one identity can register; the relay may be running.')).action(attempt(printInvite)))
  return command
}

function shared (command: Command): Command {
  return command
    .option('--config <file>', 'relay.toml')
    .option('--store <folder>', 'where accounts and mail are kept')
    .option('--identity <file>', "the relay's private keys; a relay that starts makes them when not there")
}

/** @param json - where programs are told */
function attempt (work: (options: Options, output: Output) => Promise<void>, json: NodeJS.WriteStream = process.stdout): (options: Options, command: Command) => Promise<void> {
  return async (_own, command) => {
    // a flag that the parent has too may have gone to it
    const options: Options = command.optsWithGlobals()
    const output = new Output({ command: 'relay', json: options.json }, json)
    try {
      await work(options, output)
    } catch (error) {
      process.exitCode = reportFailure(error, output)
    }
  }
}

async function settingsOf (options: Options): Promise<Settings> {
  const file = options.config === undefined ? {} : await readConfig(options.config)
  const flags: SomeSettings = {
    '': { ...given('identity', options.identity) },
    'listen.tcp': { ...given('address', options.tcp ?? (options.websocket === undefined || options.config !== undefined ? undefined : '')) },
    'listen.websocket': { ...given('address', options.websocket) },
    page: { ...given('enabled', options.page === false ? false : undefined) },
    store: { ...given('folder', options.store), ...given('memory', options.memory ?? (options.store === undefined ? undefined : false)) },
    registration: { ...given('rule', options.registration) },
    metrics: { ...given('address', options.metrics) },
    log: { ...given('level', options.logLevel) }
  }
  if (options.store !== undefined && options.memory === true) throw cliError('ERR_CLI_OPTION', 'give --store or --memory, not both')
  return withSettings(defaultSettings(), file, flags)
}

function given<Name extends string, T> (name: Name, value: T | undefined): { [Key in Name]?: T } {
  return value === undefined ? {} : { [name]: value } as { [Key in Name]?: T }
}

async function run (options: Options): Promise<void> {
  const settings = await settingsOf(options)
  const log = relayLog(settings.log.level)
  const kept = await identityToKeep(settings[''].identity)
  tuneCollector()
  try {
    const starting = serve(settings, kept, log).then(serving => {
      // a program that starts a relay reads its log
      if (process.stdout.isTTY && options.json !== true) process.stdout.write(welcome({ ...serving, settings }))
      return serving
    })
    await untilSignal(starting, log)
  } finally {
    kept.identity.destroy()
  }
}

/** Runs until a signal, which may come while it starts, and then until everything under way is done. */
async function untilSignal (starting: Promise<Serving>, log: Logger): Promise<void> {
  const stopped = deferred({ handled: true })
  let asked = false
  const stop = (signal: keyof typeof SIGNALS): void => {
    if (asked) process.exit(SIGNALS[signal])
    asked = true
    log.info({ event: 'stopping', signal })
    starting.then(serving => serving.drain()).then(stopped.resolve, stopped.reject)
  }
  const reload = (): void => {
    starting.then(serving => serving.reload()).then(read => { if (read) log.info({ event: 'reloaded' }); else log.debug({ event: 'nothing-to-reload' }) }, (error: unknown) => { log.error({ event: 'reload-failed', code: failureCode(error) }) })
  }
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', reload)
  try {
    await starting
    await stopped.promise
    log.info({ event: 'stopped' })
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', reload)
  }
}

async function tellConfig (_options: Options, output: Output): Promise<void> {
  const toml = printConfig()
  output.event('config', { toml })
  output.line(toml.trimEnd())
}

async function printId (options: Options, output: Output): Promise<void> {
  const settings = await settingsOf(options)
  const identity = await identityFile(settings[''].identity)
  try {
    // without them the relay may listen elsewhere than it does by default
    const { tcp, websocket } = options.config === undefined && options.tcp === undefined && options.websocket === undefined ? {} : addressesToBe(settings, identity.publicKey)
    const about = { id: formatUuid(identity.id), publicKey: Buffer.from(identity.publicKey).toString('base64url'), addresses: [tcp, websocket].filter(address => address !== undefined) }
    output.event('relay', about)
    output.line([`id ${about.id}`, `public key ${about.publicKey}`, ...about.addresses.map(address => `address ${address}`)].join('\n'))
  } finally {
    identity.destroy()
  }
}

async function printInvite (options: Options, output: Output): Promise<void> {
  const settings = await settingsOf(options)
  const { folder, memory } = settings.store
  if (memory) throw cliError('ERR_CLI_OPTION', 'a relay in memory has no invites that outlive it; give --store')
  const limit = deadline(undefined, INVITE_TIMEOUT, () => Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
  const asked = await askForInvite(folder, limit.signal).finally(limit.done)
  const invite = asked?.invite ?? await inviteOf(folder, settings, output)
  // without a configuration nobody knows the rule of a relay that does not run
  const rule = asked?.rule ?? (options.config === undefined ? 'invite' : settings.registration.rule)
  output.event('invite', { invite, rule })
  output.line(invite)
  if (rule !== 'invite') output.warn(`nobody needs an invite there: registration.rule is ${rule}`)
}

/** No relay runs there, so the store is free. */
async function inviteOf (folder: string, settings: Settings, output: Output): Promise<string> {
  if (!existsSync(folder)) throw cliError('ERR_CLI_OPTION', `there is no store at ${folder}; start the relay first, or give --store`)
  const identity = await identityFile(settings[''].identity)
  const store = await openSqliteStore({ folder, onReport: report => { output.warn(`the store reports ${report.type}`) } })
  try {
    const relay = await startRelay({ identity, store, registration: { rule: 'invite' }, limits: { directory: settings['limits.directory'] } })
    try {
      return Buffer.from(await relay.invite()).toString('base64url')
    } finally {
      await relay.close()
    }
  } finally {
    await store.close()
    identity.destroy()
  }
}
