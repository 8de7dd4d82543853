import { proposeCompletions } from '@stricli/core';
import { app } from './app.ts';
import { type AppContext, print } from './context.ts';
import type { NoFlags } from './flags.ts';

/** Prints the script that makes a shell ask `coldstart __complete` for proposals. */
export function completion(this: AppContext, _flags: NoFlags, shell: 'bash' | 'zsh' | 'fish'): void {
  print(this, scripts[shell]);
}

/** Proposes what may follow the given words, the last of which is still being typed. */
export async function complete(this: AppContext, _flags: NoFlags, ...words: string[]): Promise<void> {
  const proposals = await proposeCompletions(app, words, this);
  for (const { completion: text } of proposals) print(this, text);
}

const scripts = {
  bash: `# coldstart completion: put  eval "$(coldstart completion bash)"  into ~/.bashrc
_coldstart() {
  local IFS=$'\\n'
  COMPREPLY=($(coldstart __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _coldstart coldstart`,
  zsh: `# coldstart completion: put  eval "$(coldstart completion zsh)"  into ~/.zshrc
_coldstart() {
  local -a proposals
  proposals=("\${(@f)$(coldstart __complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  compadd -a proposals
}
compdef _coldstart coldstart`,
  fish: `# coldstart completion: put  coldstart completion fish | source  into config.fish
function __coldstart_complete
  set -l words (commandline -opc) (commandline -ct)
  coldstart __complete -- $words[2..-1] 2>/dev/null
end
complete -c coldstart -f -a '(__coldstart_complete)'`,
} as const;
