/** Other servers that tokens are for, as operators govern them. */
export const RESOURCES = {
  'nav.resources': 'Resources',
  'resources.lead':
    'Other MCP servers that tokens of this one are for. The endpoint of this server, <b>{own}</b>, needs no declaration.',
  'resources.facts': '{scopes} · declared {since}',
  'resources.none': 'There are none. Declare a server that is to take tokens of this one.',
  'resources.all': 'Show all resources',
  'resources.title': 'Resource <n>{resource}</n>',
  'resources.name': 'Name people read',
  'resources.uri': 'URL of its MCP endpoint',
  'resources.uri-hint': 'https, or http on this computer; no query, no fragment. It is the audience of its tokens.',
  'resources.uri-rule':
    'Give the URL of its MCP endpoint: https (http only on localhost, 127.0.0.1 and [::1]), no query, no fragment.',
  'resources.own-rule': 'That is this server’s own endpoint. It needs no declaration.',
  'resources.declared-before': 'A server with this URL is declared already.',
  'resources.since': 'Declared',
  'resources.scopes': 'Permissions',
  'resources.scope': 'Name',
  'resources.scope-hint': 'As tools ask for it, such as files:read.',
  'resources.scope-lead': 'Of <b><n>{resource}</n></b>. Tools get it when people approve them the next time.',
  'resources.sentence': 'Sentence',
  'resources.sentence-hint': 'What people read when they approve, such as “See your files”.',
  'resources.example': 'What that means in practice (optional)',
  'resources.changes': 'changes things',
  'resources.changes-label': 'It changes or deletes things: people can take it away',
  'resources.admins-only': 'owners and admins',
  'resources.admins-label': 'Only owners and admins of an organization can give it',
  'resources.implies': 'It contains',
  'resources.implied': 'Contains {scopes}',
  'resources.first-scope': 'Its first permission',
  'resources.add-scope': 'Add a permission',
  'resources.change-scope': 'Change a permission',
  'resources.change': 'Change',
  'resources.remove': 'Remove',
  'resources.keep': 'Save',
  'resources.remove-scope': 'Remove a permission',
  'resources.remove-scope-what':
    '<b>{scope}</b> of <b><n>{resource}</n></b> is gone: no token carries it from its next renewal on. Connections stay, with what else they may.',
  'resources.fault-none': 'A server has one permission or more. Remove the server instead.',
  'resources.fault-name':
    'That cannot be the name of a permission: letters and signs without spaces, and no name that has a meaning already.',
  'resources.fault-twice': 'It has a permission of that name.',
  'resources.fault-sentence':
    'Give it a sentence of 1 to {most} visible characters, and an example of as many or none.',
  'resources.fault-implies': 'It can contain only permissions of the same server.',
  'resources.new': 'Declare a server',
  'resources.new-lead':
    'People connect their tools to it as to this one, and see what each may do there. More permissions can be added afterwards.',
  'resources.declare': 'Declare',
  'resources.made': 'The server is declared',
  'resources.made-lead': 'Every node knows <b><n>{resource}</n></b> within a second. It asks about tokens with these.',

  'act.resource-rotate-secret': 'Replace its secret',
  'act.resource-rotate-secret-what':
    '<b><n>{resource}</n></b> gets a new secret, shown once. The old one is refused within a second: until the server has the new one, it cannot ask about tokens.',
  'act.resource-remove': 'Remove',
  'act.resource-remove-what':
    '<b><n>{resource}</n></b> gets no token any more. {connections, plural, =0 {It has no connection now.} one {# connection ends, on every server within two seconds.} other {# connections end, on every server within two seconds.}} It can be declared again, but tools must be approved again.',

  'done.resource-renamed': 'The server has its new name.',
  'done.resource-removed': 'The server is removed.',
  'done.scope-kept': 'The permission is saved. Every node knows it within a second.',
  'done.scope-removed': 'The permission is removed.',
} as const;
