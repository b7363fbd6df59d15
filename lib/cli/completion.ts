import { Argument, Command } from 'commander'
import { bashCompletion } from './completion/bash.js'
import { fishCompletion } from './completion/fish.js'
import { completedCommands } from './completion/tree.js'
import { zshCompletion } from './completion/zsh.js'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

const HELP = `
  hushwire completion bash > ~/.local/share/bash-completion/completions/hushwire
  hushwire completion zsh > ~/.zfunc/_hushwire      # with fpath+=~/.zfunc before compinit in ~/.zshrc
  hushwire completion fish > ~/.config/fish/completions/hushwire.fish`

/**
 * `hushwire completion SHELL`: prints what a shell completes commands, flags and names of contacts by.
 *
 * @param whole - makes the program, with every command
 */
export function completionCommand (whole: () => Promise<Command>): Command {
  return new Command('completion').description('Print completion for a shell.').addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText('after', HELP)
    .action(async (shell: keyof typeof SHELLS) => { process.stdout.write(SHELLS[shell](completedCommands(await whole()))) })
}
