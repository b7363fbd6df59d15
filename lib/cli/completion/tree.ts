import type { Command, Option } from 'commander'

/** A flag, as completion knows it. */
export interface CompletedFlag {
  /** `--json`, `-c`. */
  readonly names: readonly string[]
  readonly about: string
  /** What it may be followed by. */
  readonly choices: readonly string[]
  readonly value: 'none' | 'file' | 'text'
}

/** A command and its place in the tree. */
export interface CompletedCommand {
  /** The names from the top, such as `id new`; empty for the program. */
  readonly path: string
  readonly children: ReadonlyArray<{ readonly name: string, readonly about: string }>
  readonly flags: readonly CompletedFlag[]
  /** True when an argument is somebody who is known. */
  readonly peer: boolean
  /** What an argument may be. */
  readonly choices: readonly string[]
}

/** Every command of a program, the program first. */
export function completedCommands (command: Command, path = ''): CompletedCommand[] {
  const help = command.createHelp()
  const children = command.commands
  return [
    {
      path,
      children: children.map(child => ({ name: child.name(), about: child.description() })),
      flags: help.visibleOptions(command).map(flagOf),
      peer: command.registeredArguments.some(argument => argument.name() === 'peer'),
      choices: command.registeredArguments.flatMap(argument => argument.argChoices ?? [])
    },
    ...children.flatMap(child => completedCommands(child, `${path} ${child.name()}`.trim()))
  ]
}

function flagOf (option: Option): CompletedFlag {
  const takes = option.required || option.optional
  const file = /<(file|folder)>/.test(option.flags)
  return {
    names: [option.short, option.long].filter(name => name !== undefined && name !== null),
    about: option.description,
    choices: option.argChoices ?? [],
    value: takes ? file ? 'file' : 'text' : 'none'
  }
}
