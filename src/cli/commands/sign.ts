import { problem } from '../../base/problem.ts';
import { type DecisionRequest, requestDigest } from '../../core/decision/request.ts';
import { SYNTHETIC } from '../../core/promotion/synthetic.ts';
import type { CommandArgs, CommandDefinition } from '../command.ts';
import { ControllerClient, caller, PROMOTION_OPERAND } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { openRequest, type SigningKey, signRequest } from '../sign-request.ts';

export const sign: CommandDefinition = {
  name: 'sign',
  summary: 'sign the open decision request of a promotion, for or against it',
  operands: [PROMOTION_OPERAND],
  options: [
    { flags: '--key <file>', summary: 'your private key file', completes: 'file' },
    {
      flags: '--ssh <file>',
      summary: 'your ssh key, or its .pub where an agent holds it',
      completes: 'file',
      conflicts: ['key', 'gpg'],
    },
    { flags: '--gpg <key>', summary: 'your OpenPGP key, as gpg finds it', conflicts: ['key'] },
    { flags: '--role <role>', summary: 'the role that you sign as', required: true },
    { flags: '--as <person>', summary: 'your id in the plan; else the name of your account' },
    { flags: '--reject', summary: 'sign against it' },
    { flags: '--dry-run', summary: 'show what would be signed, and sign nothing' },
    STATE_OPTION,
  ],
  example: 'auroractl sign --key alice.pem --role release-manager --as alice --dry-run',
  exits: '0 signed, 2 no such promotion, dry run; 4 not yours to sign, or nothing to sign now',
  run: async (context, args) => {
    const by = signingKey(args);
    if (by === null) {
      const hint = '--key FILE, --ssh FILE or --gpg KEY, as your entry in the plan says';
      return context.fail(problem('usage', 'what do you sign with?', hint));
    }
    const client = new ControllerClient(args.text('state') ?? '');
    const found = await client.promotion(args.operands[0]);
    if (!found.ok) return context.fail(found.problem);
    const { id } = found.value;
    const open = await openRequest(client, id);
    if (!open.ok) return context.fail(open.problem);
    for (const line of summaryOf(open.value)) context.note(line);
    if (args.flag('dry-run')) return EXIT.usage;
    const taken = await signRequest(client, open.value, {
      by,
      person: caller(args.text('as')),
      role: args.text('role') ?? '',
      choice: args.flag('reject') ? 'reject' : 'approve',
      atMs: context.nowMs(),
    });
    if (!taken.ok) return context.fail(taken.problem);
    context.note(`${id}: signed; auroractl status ${id}`);
    return EXIT.yes;
  },
};

function signingKey(args: CommandArgs): SigningKey | null {
  const [key, ssh, gpg] = [args.text('key'), args.text('ssh'), args.text('gpg')];
  if (key !== null) return { kind: 'file', path: key };
  if (ssh !== null) return { kind: 'ssh', path: ssh };
  return gpg === null ? null : { kind: 'gpg', key: gpg };
}

function summaryOf(request: DecisionRequest): string[] {
  return [
    ...(request.rehearsal ? ['a rehearsal: signing it is practice'] : []),
    ...(request.synthetic ? [`the verdict was ${SYNTHETIC}`] : []),
    `${request.promotion}: ${request.outcome} for ${request.service} ${request.release.version}`,
    `request ${requestDigest(request)}, evidence up to interval ${request.evidenceToSeq}`,
    ...request.reasons.map((reason) => `  ${reason}`),
    ...request.gates.flatMap(({ gate, outcome, checks }) => [
      `  gate ${gate}: ${outcome}`,
      ...checks.map(({ check, outcome: one, observed, expected }) => {
        return `    ${check}: ${one}, ${observed} (must be ${expected})`;
      }),
    ]),
  ];
}
