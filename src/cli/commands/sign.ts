import { signerOf } from '../../app.ts';
import { toBase64 } from '../../base/bytes.ts';
import { type DecisionRequest, requestDigest } from '../../core/decision/request.ts';
import { signOffDocument } from '../../core/decision/sign-off.ts';
import { OpenRequest, PromotionView, type Signed } from '../../protocol/controller.ts';
import type { CommandDefinition } from '../command.ts';
import { ControllerClient, caller } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const sign: CommandDefinition = {
  name: 'sign',
  summary: 'sign the open decision request of a promotion, for or against it',
  operands: [
    { name: '[id]', summary: 'the promotion; else the only active one', completes: 'nothing' },
  ],
  options: [
    { flags: '--key <file>', summary: 'your private key', required: true, completes: 'file' },
    { flags: '--role <role>', summary: 'the role that you sign as', required: true },
    { flags: '--as <person>', summary: 'your id in the plan; else the name of your account' },
    { flags: '--reject', summary: 'sign against it' },
    { flags: '--dry-run', summary: 'show what would be signed, and sign nothing' },
    STATE_OPTION,
  ],
  example: 'auroractl sign --key alice.pem --role release-manager --as alice --dry-run',
  exits: '0 signed, 2 no such promotion, dry run; 4 not yours to sign, or nothing to sign now',
  run: async (context, args) => {
    const client = new ControllerClient(args.text('state') ?? '');
    const found = await client.promotion(args.operands[0]);
    if (!found.ok) return context.fail(found.problem);
    const { id } = found.value;
    const open = await client.ask(OpenRequest, 'GET', `/request?id=${encodeURIComponent(id)}`);
    if (!open.ok) return context.fail(open.problem);
    // The controller checks it again byte by byte: a request that is not the open one is refused.
    const request = open.value.request as unknown as DecisionRequest;
    for (const line of summaryOf(request)) context.note(line);
    if (args.flag('dry-run')) return EXIT.usage;
    const signer = await signerOf(args.text('key') ?? '');
    if (!signer.ok) return context.fail(signer.problem);
    const document = signOffDocument(request, {
      person: caller(args.text('as')),
      role: args.text('role') ?? '',
      choice: args.flag('reject') ? 'reject' : 'approve',
      atMs: context.nowMs(),
    });
    const signature = await signer.value.sign(new TextEncoder().encode(document));
    if (!signature.ok) return context.fail(signature.problem);
    const body: Signed = { id, document, signature: toBase64(signature.value) };
    const taken = await client.ask(PromotionView, 'POST', '/sign', body);
    if (!taken.ok) return context.fail(taken.problem);
    context.note(`${id}: signed; auroractl status ${id}`);
    return EXIT.yes;
  },
};

function summaryOf(request: DecisionRequest): string[] {
  return [
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
