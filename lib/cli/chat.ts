import { Command } from 'commander'
import { formatUuid } from '../bytes/index.js'
import { abortable, deadline, deferred, streamError } from '../stream/index.js'
import { Desk } from './chat/desk.js'
import { unsentTexts } from './chat/records.js'
import { PlainScreen, TerminalScreen, type Screen } from './chat/screen.js'
import { Talk } from './chat/talk.js'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import type { NamedContact } from './names.js'
import { withClient, type Session } from './session.js'
import { EXIT } from './terminal/failure.js'

/** Milliseconds that the end of a chat on a terminal waits for what is being sent. */
const END_TIMEOUT = 3000

interface Flags extends ClientFlags {
  readonly listen?: true
}

const HELP = `
  hushwire chat alice                      # /help says what can be typed
  echo 'the build is done' | hushwire chat alice
  hushwire chat alice --json --listen < /dev/null    # for programs: what comes, one object a line

What is typed while the relay cannot be reached, or the peer is away, is sent later: by this chat, or by the next one. It ends with 0 when everything that
came on stdin is at the relay, and with 1 when something is not.`

const TYPED_HELP = 'Each line is a message. /quit or Ctrl-D ends the chat, //text sends /text. ● there, ○ away, ? not known yet; on the way: not shown to them yet.'

/** `hushwire chat PEER`: messages, line by line. */
export function chatCommand (): Command {
  return clientOptions(new Command('chat').description('Write messages to somebody, who may be away, and read theirs.').argument('<peer>', 'name, id, or the beginning of an id'))
    .option('--listen', 'go on reading when stdin has ended, until Ctrl-C')
    .addHelpText('after', HELP)
    .action(action((flags: Flags, [peer = ''], output, command) => withClient({ flags, output, command, connect: { wait: false } }, session => chat(session, session.names.resolve(peer), flags))))
}

async function chat (session: Session, peer: NamedContact, { listen }: Flags): Promise<number> {
  const { output, signal, store } = session
  const onTerminal = !output.json && process.stdin.isTTY && process.stdout.isTTY
  output.note(`chat with ${peer.name} (${formatUuid(peer.id)}); /help`)
  const screen = onTerminal ? new TerminalScreen(peer.name, output) : new PlainScreen(output)
  const talk = new Talk({ session, peer, desk: await Desk.open(session), unsent: await unsentTexts(store), screen })
  const leave = (): void => { screen.close() }
  signal.addEventListener('abort', leave, { once: true })
  try {
    const { reading } = await talk.begin()
    await abortable(Promise.race([typed(talk, screen, session, onTerminal), failureOnly(reading)]), signal)
    if (listen === true && !onTerminal) await abortable(failureOnly(reading), signal)
  } finally {
    signal.removeEventListener('abort', leave)
    screen.close()
    // not of AbortSignal.any: Node 20 may forget a timeout that stands in one
    const limit = deadline(signal, onTerminal ? END_TIMEOUT : Infinity, () => streamError('ERR_TIMEOUT'))
    await talk.end(limit.signal).finally(limit.done)
    // a read that is pending there would keep the process
    process.stdin.destroy()
  }
  return talk.failed > 0 ? EXIT.failed : EXIT.done
}

/** Never resolves: mail that is not fetched any more is no end of a chat. */
async function failureOnly (reading: Promise<void>): Promise<void> {
  await reading
  await deferred().promise
}

async function typed (talk: Talk, screen: Screen, { output, signal }: Session, onTerminal: boolean): Promise<void> {
  for await (const line of screen.lines) {
    const [word = ''] = line.split(' ')
    if (word === '/quit' || signal.aborted) return
    if (word === '/help') {
      output.note(TYPED_HELP)
    } else if (word.startsWith('/') && !word.startsWith('//')) {
      output.note(`there is no ${word}. ${TYPED_HELP}`)
    } else if (line.trim() !== '') {
      const said = talk.say(line.startsWith('//') ? line.slice(1) : line)
      // a pipe is read as fast as the relay takes it
      if (!onTerminal) await said
    }
  }
}
