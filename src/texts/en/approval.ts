/** From the log-in of a tool to its approval. */
export const APPROVAL = {
  'tool.unverified': 'unverified name',
  'tool.registered': 'registered',
  'tool.verified': 'verified domain: {host}',
  'tool.unnamed': 'a tool',
  'tool.at': 'A tool at {host}',

  'organization.title': 'Select an organization',
  'organization.lead': '<b><n>{tool}</n></b> will work in it, and in no other.',
  'organization.legend': 'Organization',
  'organization.hint': 'Your role: {role} · {members}',
  'organization.continue': 'Continue',
  'organization.another': 'Create another organization',
  'organization.create': 'Create organization',
  'organization.none':
    'You belong to no organization yet. Create one: it holds your projects. You can rename it later.',
  'organization.logged-in': 'Logged in as {person}.',
  'organization.not-you': 'Not you?',
  'organization.search': 'Find by name',
  'organization.find': 'Find',
  'organization.more': 'More organizations',
  'organization.all': 'Show all organizations',
  'organization.none-found': 'You belong to no organization of that name.',
  'organization.most':
    'You own {most} organizations, as many as one person may make. Whoever runs this server can make more for you.',
  'organization.choose': 'Select an organization first.',

  'approve.title': 'Approve',
  'approve.heading': 'Let <n>{tool}</n> work in <n>{organization}</n>?',
  'approve.self-asserted': 'The tool gave this name itself. Anybody could have.',
  'approve.registered': 'An administrator of this server vouches for this tool.',
  'approve.verified': 'It is published by {host}, which this server has checked.',
  'approve.imitates':
    'This name looks like that of a tool an administrator registered here. <b>This is not that tool.</b>',
  'approve.loopback':
    'If you approve, access is handed to a program on this computer, at <b>{host}</b>. Approve only if you have just started connecting a tool here yourself.',
  'approve.application':
    'If you approve, access is handed to the application that opens <b>{host}</b> links on this computer. Approve only if you have just started connecting it yourself.',
  'approve.web':
    'If you approve, access is handed to <b>{host}</b>. Approve only if you know this site and have just started this yourself.',
  'approve.permissions': 'It will be able to',
  'approve.permissions-at': 'At <n>{server}</n> it will be able to',
  'approve.new': 'new',
  'approve.changes': 'makes changes',
  'approve.limits':
    'It can never do more than you can. The connection lasts until you disconnect it in the console, or {days, plural, one {# day} other {# days}} without use.',
  'approve.deny': 'Deny',
  'approve.known': 'Known here',
  'approve.known-since':
    'since {since} · {more, select, yes {at least } other {}}{people, plural, =0 {nobody uses it yet} one {1 person uses it} other {# people use it}}',
  'approve.known-not': 'new here: nobody has approved this tool yet',
  'approve.server': 'Server',
  'approve.organization': '<n>{organization}</n> · your role: {role}',
  'approve.change': 'Change',
  'approve.person': 'Logged in as',

  'scope.organization:read': 'See your organization and who you are in it',
  'scope.organization:read.example': 'its name, your role',
  'scope.projects:read': 'See the projects',
  'scope.projects:read.example': 'their names and when they were made',
  'scope.projects:write': 'Create, rename and delete projects',
  'scope.projects:write.example': 'for example, delete one (it can be restored for 30 days)',
  'scope.offline_access': 'Stay connected when you are away',
  'scope.offline_access.example': 'renews its access until you disconnect it or stop using it for a long time',

  'return.approved': 'Approved',
  'return.denied': 'Denied',
  'return.approved-heading': '<n>{tool}</n> is approved',
  'return.denied-heading': '<n>{tool}</n> was denied',
  'return.close':
    'Your browser may ask whether to open the application. Let it, and you are done here: you can close this tab.',
  'return.open': 'Open <n>{tool}</n>',
  'return.nothing':
    'If nothing opens, use the button. If the tool still does not connect, go back to it and connect again.',
} as const;
