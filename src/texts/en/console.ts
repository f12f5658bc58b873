/** A person's own console. */
export const CONSOLE = {
  'overview.connect': 'Connect a tool',
  'overview.lead':
    'The tool opens this server in your browser: you log in, select an organization, approve, and it is connected.',
  'overview.terminal': 'Terminal',
  'overview.address': 'Address',
  'overview.claude-code': 'Run this in a terminal, then type /mcp in Claude Code and choose bkend to log in.',
  'overview.cursor': 'Install it with the link, or put this in .cursor/mcp.json.',
  'overview.vscode': 'Install it with the link, or run this in a terminal.',
  'overview.any': 'Any other tool',
  'overview.any-how': 'Give it the address, or this configuration. It finds the rest by itself.',
  'overview.install': 'Install in {tool}',
  'overview.all': 'All connected tools ({count})',
  'overview.none': 'No tool is connected yet. Take a line from above and give it to your tool.',

  'connections.lead':
    'What you approved, and has not ended. A tool that is disconnected stops working within two seconds, and must ask you again.',
  'connections.none': 'No tool is connected in your name.',
  'connections.search': 'Tool or organization',
  'connections.none-found': 'No tools match.',
  'connections.all': 'Show all tools',
  'connections.more': 'More tools',
  'connections.first': 'Back to the newest',
  'connections.disconnect': 'Disconnect',
  'connections.facts':
    'In <n>{organization}</n> · redirects to {host} · connected {since} · used {used} · ends {until} without use',
  'connections.facts-at':
    'In <n>{organization}</n> · at <n>{server}</n> · redirects to {host} · connected {since} · used {used} · ends {until} without use',
  'connections.disconnect-what':
    'It stops working within two seconds. To use this server again it must ask you again. Nothing it made is deleted.',

  'organizations.facts': 'Your role: {role} · {members} · made {since}',
  'organizations.selected': 'selected',
  'organizations.select': 'Select',
  'organizations.none': 'You belong to no organization yet. Create the first one below.',
  'organizations.create': 'Create an organization',

  'projects.lead': 'The projects of <n>{organization}</n>. Tools you connected for it see the same list.',
  'projects.made': 'Created {since}',
  'projects.delete': 'Delete',
  'projects.more': 'More projects',
  'projects.none-change': 'There are no projects yet. Create one below, or let a connected tool do it.',
  'projects.none-look': 'There are no projects yet. An owner or admin can create one.',
  'projects.none-found': 'No project is called that.',
  'projects.all': 'Show all projects',
  'projects.create': 'Create a project',
  'projects.name': 'Project name',
  'projects.submit': 'Create project',
  'projects.homeless': 'Projects belong to an organization, and you have none yet.',
  'projects.delete-title': 'Delete a project',
  'projects.delete-what':
    '<b><n>{project}</n></b> will be gone for everybody in the organization, and for their tools. For {days} days an owner or admin can restore it.',
  'projects.delete-type': 'Type its name to confirm',
  'projects.delete-wrong': 'That is not its name.',
  'projects.first': 'Back to the first',
  'projects.deleted': 'Recently deleted',
  'projects.deleted-lead':
    'Nobody and no tool sees these. For {days} days each can be restored, as it was and with its id; then it is gone for good.',
  'projects.deleted-by': 'Deleted {since} by {email}',
  'projects.deleted-since': 'Deleted {since}',
  'projects.more-deleted': 'More deleted projects',
  'projects.restore': 'Restore',
  'projects.restore-not': 'Leave it deleted',
  'projects.restore-title': 'Restore a project',
  'projects.restore-taken':
    'There is another project called <n>{name}</n> by now. Give the one that comes back another name.',
} as const;
