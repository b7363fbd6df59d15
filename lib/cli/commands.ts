import type { Command } from 'commander'

/** A command of the program, whose module is loaded when it is asked for. */
export interface CommandEntry {
  readonly name: string
  readonly description: string
  readonly group: 'Start' | 'Talk' | 'Relay' | 'Other'
  /** @param whole - makes the program with every command loaded */
  readonly load: (whole: () => Promise<Command>) => Promise<Command>
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'id', group: 'Start', description: 'Make, show, keep and protect identities.', load: async () => (await import('./id.js')).idCommand() },
  { name: 'pair', group: 'Start', description: 'Meet somebody: show an offer, or answer one.', load: async () => (await import('./pair.js')).pairCommand() },
  { name: 'contacts', group: 'Start', description: 'List those who are known, name and forget them.', load: async () => (await import('./contacts.js')).contactsCommand() },
  { name: 'chat', group: 'Talk', description: 'Write messages to somebody, who may be away, and read theirs.', load: async () => (await import('./chat.js')).chatCommand() },
  { name: 'send', group: 'Talk', description: 'Send files and folders; goes on where it was after a cut.', load: async () => (await import('./send.js')).sendCommand() },
  { name: 'receive', group: 'Talk', description: 'Receive files into a folder.', load: async () => (await import('./receive.js')).receiveCommand() },
  { name: 'ping', group: 'Talk', description: 'Measure round trips to the relay and to a peer.', load: async () => (await import('./ping.js')).pingCommand() },
  { name: 'bench', group: 'Talk', description: 'Measure this machine, or the way to a peer and back.', load: async () => (await import('./bench.js')).benchCommand() },
  { name: 'tunnel', group: 'Talk', description: 'Reach a TCP service of a contact through the relay, encrypted from end to end.', load: async () => (await import('./tunnel.js')).tunnelCommand() },
  { name: 'relay', group: 'Relay', description: 'Run a relay: accounts, mail, and packets between identities.', load: async () => (await import('./relay.js')).relayCommand() },
  { name: 'completion', group: 'Other', description: 'Print completion for a shell.', load: async whole => (await import('./completion.js')).completionCommand(whole) },
  { name: 'ctr', group: 'Other', description: 'Pipe stdin and stdout to a peer with the same secret, encrypted (CTR peer frames over TCP).', load: async () => (await import('./ctr.js')).ctrCommand() }
]
