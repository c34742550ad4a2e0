import { problem } from '../../base/problem.ts';
import type { CommandDefinition } from '../command.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { commandTree } from '../completion/tree.ts';
import { zshScript } from '../completion/zsh.ts';
import { EXIT } from '../exit-codes.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const completion: CommandDefinition = {
  name: 'completion',
  summary: 'print the completion script of a shell',
  operands: [{ name: '<shell>', summary: 'bash, zsh or fish', completes: 'nothing' }],
  options: [],
  example: 'auroractl completion bash',
  exits: '0 printed, 2 another shell',
  run: async (context, args) => {
    const [shell = ''] = args.operands;
    if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish') {
      return context.fail(
        problem('usage', `no completion for ${JSON.stringify(shell)}`, 'bash, zsh or fish'),
      );
    }
    context.printText(SCRIPTS[shell](await commandTree()));
    return EXIT.yes;
  },
};
