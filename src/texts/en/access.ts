/** Asking for a tool where the organization decides, and answering. */
export const ACCESS = {
  'ask.title': 'Ask for this tool',
  'ask.heading': '<n>{organization}</n> decides about tools',
  'ask.lead':
    'You may use this tool there once an owner or admin has said so. Say what you need it for: they get a mail, and you can wait here.',
  'ask.reason': 'Reason',
  'ask.reason-hint': 'What you want to do with it, in a sentence or two.',
  'ask.reason-rule': 'Say why, in 1 to 500 visible characters.',
  'ask.too-many': 'You have asked for many tools already. Wait until some are answered, or until tomorrow.',
  'ask.submit': 'Ask for it',
  'ask.decide-yourself':
    'You are one of those who decide there, so you need not ask: add a rule that allows it. This page then continues by itself.',
  'ask.add-rule': 'Add a rule',
  'ask.look-again': 'Look again',
  'ask.waiting-title': 'Waiting for an answer',
  'ask.waiting-heading': 'Waiting for <n>{organization}</n>',
  'ask.waiting':
    'You asked {since}. Its owners and admins know. This page continues by itself when one of them answers.',
  'ask.no-script': 'Your browser runs no script here, so it cannot: look again yourself.',
  'ask.waiting-until':
    'The tool gives up {until}. If the answer comes later, connect again at the tool: the answer will be there. If nobody answers, your request expires {over}; then you can ask again.',

  'access.title': 'Requests for tools in {organization}',
  'access.lead':
    'People who want to use a tool that must be asked for here. Oldest first. Requests nobody answers within {days} days expire.',
  'access.asks': '{person} ({role}) asked {since}',
  'access.answer': 'Answer',
  'access.more': 'Later ones',
  'access.first': 'Back to the oldest',
  'access.none': 'Nobody is waiting for an answer.',
  'access.none-found': 'No requests match.',
  'access.all': 'Show everybody who waits',
  'access.rules': 'See the rules',
  'access.one-title': '{person} asks for a tool',
  'access.person': 'Person',
  'access.since': 'Asked',
  'access.until': 'Expires',
  'access.wants': 'The tool asks for',
  'access.self-asserted':
    'The name of this tool is only its own word, so no rule can name it: what you add here is for every tool whose name is only its own word.',
  'access.rule': 'Allow it by a rule',
  'access.only': 'Only {person}',
  'access.everybody': 'Everybody in the organization',
  'access.approve': 'Approve',
  'access.refuse': 'Refuse',
  'access.stale': 'Nothing was changed: somebody changed the rules meanwhile. Look again, then decide.',
  'access.still-asks':
    'Nothing was changed: a rule for their role would still make them ask. Allow it for this person only, or change that rule first.',

  'mail.access': '{person} asks for {tool} in {organization}',
  'mail.access-lead': '{person} asks to use {tool} in {organization}, which decides about tools. You can answer.',
  'mail.access-link': 'See the request',
  'mail.access-note': 'Until somebody answers, the tool cannot be used there.',
  'mail.access-approved': '{tool} is allowed in {organization}',
  'mail.access-approved-lead': 'You asked for {tool} in {organization}, and may use it now.',
  'mail.access-approved-note': 'If its page is still open, it has continued. Otherwise connect again at the tool.',
  'mail.access-refused': '{tool} was refused in {organization}',
  'mail.access-refused-lead': 'You asked for {tool} in {organization}. An administrator refused it.',
  'mail.access-refused-note': 'You can ask again after a day.',

  'error.access-refused': '{organization} refused {tool}',
  'error.access-refused-why': 'You asked for it, and an owner or admin said no.',
  'error.access-refused-advice':
    'Talk to one of them. You can ask again a day after the answer, or select another organization.',
  'error.waited-for-answer': 'The tool has waited too long',
  'error.waited-for-answer-why': 'A tool waits for one hour. What you asked for stands, and will be answered.',
  'error.waited-for-answer-advice': 'Go back to your tool and connect again: the answer will be there.',

  'done.access-approved': 'Approved: the rule is made, and they can go on.',
  'done.access-refused': 'Refused. They can ask again after a day.',
  'done.access-answered':
    'That request needs no answer any more: somebody answered it, it was over, or the rules were changed.',
  'action.access.requested': 'asked for a tool',
  'action.access.approved': 'approved a request for a tool',
  'action.access.refused': 'refused a request for a tool',
} as const;
