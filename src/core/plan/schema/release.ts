import { ENTRIES_MAX, type JsonSchema, listOf, mapOf, oneOf, record, ref } from './values.ts';

/** What base/public-key.ts reads: key files, ssh keys, OpenPGP keys. */
export const PUBLIC_KEY_FORM =
  'a public key: base64 of an Ed25519 or P-256 SubjectPublicKeyInfo, an ssh line such as "ssh-ed25519 AAAA...", or openpgp4fpr: with 40 hex digits';

/** What is released, by whom it was made, and who may sign for it. */
export const RELEASE_DEFS: JsonSchema = {
  release: record(['version', 'candidate'], {
    version: ref('version', 'The GA version, such as 1.0.0.'),
    candidate: ref(
      'version',
      'The release candidate: the same version with -rc.1 or -rc1 behind it.',
    ),
    artifacts: listOf(
      'artifact',
      'The files that are released. Their digests are checked at each start.',
    ),
    command: ref(
      'line',
      "Starts the candidate, with {port} and {version} filled in. Else the service's own command does.",
    ),
    authors: listOf('name', 'Who made the release. They cannot approve it.'),
  }),
  version: {
    type: 'string',
    pattern: '^\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?$',
    title: 'a version such as 1.0.0 or 1.0.0-rc.1, in quotes where it looks like a number',
  },
  artifact: record(['name', 'sha256'], {
    name: ref('line', 'File name of the artifact.'),
    sha256: ref('sha256', 'SHA-256 of its bytes.'),
  }),
  profile: record(['name', 'sha256'], {
    name: ref('name', 'Name of the profile that is released with the workload.'),
    sha256: ref('sha256', 'The hash in its lock.'),
  }),
  publicKey: {
    type: 'string',
    title: PUBLIC_KEY_FORM,
  },
  roleMembers: {
    type: 'array',
    items: { $ref: '#/$defs/name' },
    minItems: 1,
    maxItems: 100,
    title: 'a list of people',
  },
  argument: {
    type: ['string', 'number', 'boolean', 'object'],
    title: 'a default, or a mapping with type, default and description',
    if: { type: 'object' },
    ...Object.fromEntries([['then', { $ref: '#/$defs/argumentForm' }]]),
  },
  argumentForm: record(['type'], {
    type: oneOf('What may be given.', 'string', 'number', 'integer', 'boolean', 'duration'),
    default: {
      type: ['string', 'number', 'boolean'],
      title: 'a text, a number, true or false',
      description: 'Taken where the caller gives none. Without a default the caller must give one.',
    },
    description: ref('line', 'What it is for, in a line.'),
  }),
  arguments: {
    type: 'object',
    propertyNames: { pattern: '^[a-z][a-zA-Z0-9]*$', title: 'a name such as weight or soakTime' },
    additionalProperties: { $ref: '#/$defs/argument' },
    maxProperties: ENTRIES_MAX,
  },
};

/** The keys of the plan itself that belong to this noun. */
export const RELEASE_PROPERTIES: JsonSchema = {
  release: ref('release', 'What is released: version, candidate, artifacts, command, authors.'),
  profile: ref('profile', 'The profile that is released with the workload, pinned by its lock.'),
  arguments: ref(
    'arguments',
    'Values that the caller may set; used elsewhere as a dollar sign and the name in braces.',
  ),
  people: mapOf('publicKey', 'Who may sign: id and public key.'),
  roles: mapOf('roleMembers', 'Roles and the people who hold them.'),
  authors: listOf('name', 'Who wrote the plan. They cannot approve under it.'),
  overrideRoles: listOf('name', 'Roles of which one person may sign a skip. Empty: no skips.'),
};
