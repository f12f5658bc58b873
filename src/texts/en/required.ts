/** Organizations that require a second factor. */
export const REQUIRED = {
  'required.title': 'Second factor in {organization}',
  'required.link': 'Second factor',
  'required.lead':
    'Where it is required, members prove a second factor before they see the pages of the organization or approve a tool for it.',
  'required.on': 'required',
  'required.off': 'not required',
  'required.lacking': 'Members without one',
  'required.lacking-then':
    'They stay members. {connections, plural, =0 {No tool is connected here in their name.} one {# connection of theirs ends when it is required.} other {# connections of theirs end when it is required.}}',
  'required.lacking-now':
    'They are led to set one up when they come here. Until then no tool works here in their name.',
  'required.member':
    '{name} · {email} · {connections, plural, =0 {no connection} one {# connection} other {# connections}}',
  'required.connected': 'Only those with connections',
  'required.see': 'See the connections',
  'required.none-found': 'No members match.',
  'required.members': 'See the members',
  'required.nobody': 'Everybody here has one.',
  'required.own-first': 'Prove a second factor of your own before you require one of others.',
  'required.prove': 'Prove it, or set one up',
  'required.what':
    'From then on everybody here needs one, you too. {connections, plural, =0 {No connection ends.} one {# connection ends within two seconds, on every server; its person is told by mail.} other {# connections end within two seconds, on every server; their people are told by mail.}} Tools can be approved again by people who have one.',
  'required.require': 'Require a second factor',
  'required.release-what': 'Without it the password is enough here again. Connections that ended stay ended.',
  'required.release': 'No longer require it',
  'required.owners': 'Only an owner can change this.',

  'step-up.organization': '<b><n>{organization}</n></b> requires a second factor.',

  'done.second-factor-required': 'A second factor is required here from now on.',
  'done.second-factor-optional': 'A second factor is no longer required here.',
  'ended.second_factor_missing': 'its person has no second factor, which the organization requires',
  'action.organization.second_factor_required': 'required a second factor',
  'action.organization.second_factor_optional': 'no longer required a second factor',
  'audit.detail.connections': 'Connections that ended',
  'cure.person.second-factor':
    'The organization requires a second factor. Set one up in the console, under Account, Security, then connect again; or connect the tool for another organization.',
  'cure.operator.second-factor':
    'The organization requires a second factor, and the person did not prove one. They set it up in the console, under Account, Security, and connect again.',

  'mail.required': '{organization} requires a second factor',
  'mail.required-lead':
    '{organization} requires a second factor from now on, and you have none. The tools you connected for it were disconnected.',
  'mail.required-link': 'Set one up',
  'mail.required-note': 'Then connect your tools again.',
} as const;
