import type { Command } from 'commander'

/** A command of the program, whose module is loaded when it is asked for. */
export interface CommandEntry {
  readonly name: string
  readonly description: string
  readonly group: 'Start' | 'Talk' | 'Relay' | 'Other'
  readonly load: () => Promise<Command>
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'id', group: 'Start', description: 'Make, show, keep and protect identities.', load: async () => (await import('./id.js')).idCommand() },
  { name: 'ping', group: 'Talk', description: 'Measure round trips to the relay and to a peer.', load: async () => (await import('./ping.js')).pingCommand() },
  { name: 'relay', group: 'Relay', description: 'Run a relay: accounts, mail, and packets between identities.', load: async () => (await import('./relay.js')).relayCommand() },
  { name: 'ctr', group: 'Other', description: 'Pipe stdin and stdout to a peer with the same secret, encrypted (CTR peer frames over TCP).', load: async () => (await import('./ctr.js')).ctrCommand() }
]
