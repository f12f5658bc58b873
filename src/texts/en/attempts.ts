/** Attempts to connect a tool, as they were recorded. */
export const ATTEMPTS = {
  'attempts.link': 'Attempts',
  'attempts.title': 'Attempts to connect',
  'attempts.title-of': 'Attempts to connect to {organization}',
  'attempts.lead-operator':
    'Every attempt to connect a tool, step by step: what was asked, which rule it broke, and the cure. Kept for seven days at most, in a space that does not grow.',
  'attempts.lead-organization': 'Attempts in which this organization was selected. Kept for seven days at most.',
  'attempts.lead-own': 'What became of each of your attempts to connect a tool. Kept for seven days at most.',
  'attempts.code': 'Support code',
  'attempts.client': 'Name or ID',
  'attempts.person': 'Person',
  'attempts.outcome': 'Outcome',
  'attempts.any': 'anything',
  'attempts.since': 'From',
  'attempts.until': 'Until',
  'attempts.show': 'Show',
  'attempts.all': 'Show all of them',
  'attempts.more': 'Older',
  'attempts.none': 'No attempt was recorded in the last seven days.',
  'attempts.none-found': 'No attempts match.',
  'attempts.unnamed': 'A tool without a name',
  'attempts.open': 'See the steps<hidden> of {tool}</hidden>',
  'outcome.connected': 'connected',
  'outcome.failed': 'failed',
  'outcome.unfinished': 'unfinished',
  'attempt.title': 'An attempt to connect',
  'attempt.title-tool': 'An attempt to connect <n>{tool}</n>',
  'attempt.back': 'All attempts',
  'attempt.tool': 'Tool',
  'attempt.person': 'Person',
  'attempt.organization': 'Organization',
  'attempt.steps': 'Steps',
  'attempt.ok': 'went well',
  'attempt.failed': 'failed',
  'attempt.uncertain': 'likely, not certain',
  'attempt.uncertain-why': 'Something was seen from the same place at that time, but it does not say for which tool.',
  'attempt.sent': 'What was sent',
  'attempt.compared': 'What was compared',
  'attempt.rule': 'Rule <b>{rule}</b> ({section})',
  'attempt.cure': 'What to do',
  'attempt.code': 'Support code {code}',
  'attempt.from': 'From {address}, {program}',
  'act.person': 'Whoever connects the tool can fix this.',
  'act.maker': 'Whoever makes the tool must fix this.',
  'act.operator': 'Whoever runs this server must fix this.',
  'attempt.foreign': 'Nothing to show you under this code',
  'attempt.foreign-why': 'It is not of an attempt of yours, or is older than seven days.',
  'attempt.foreign-advice': 'Give the code to whoever runs this server: they can look it up.',
  'error.attempt': 'See what happened, step by step',
  'step.challenge': 'The tool asks without a token',
  'step.resource-metadata': 'It reads what this server protects',
  'step.server-metadata': 'It reads how to ask for a token',
  'step.registration': 'It registers',
  'step.document': 'It is known by a document of its own',
  'step.authorize': 'It opens this server in the browser',
  'step.log-in': 'The person logs in',
  'step.organization': 'The person selects an organization',
  'step.approval': 'The person approves or denies',
  'step.token': 'The tool gets its tokens',
  'step.call': 'The tool uses the MCP server',
  'step.refresh': 'The tool renews its token',
  'step.revocation': 'A token is revoked',
  'step.introspection': 'A resource server asks about a token',
  'step.page': 'Another request',
  'cure.person.parameter-form':
    'The tool left something out of its request, or said it twice. Update the tool and connect again.',
  'cure.operator.parameter-form':
    'The named parameter is missing, repeated or not text. The tool must send it once; if a proxy rewrites queries, let it stop.',
  'cure.person.body-form': 'The tool wrote its request in a format this server does not read. Update the tool.',
  'cure.operator.body-form':
    'The token endpoint reads application/x-www-form-urlencoded bodies only. The tool sent another content type.',
  'cure.person.request-form':
    'The tool used an address of this server in the wrong way. Check the address you gave it.',
  'cure.operator.request-form':
    'Method, address or content type are not those of this endpoint. Compare them with the metadata; look for a proxy that redirects.',
  'cure.person.client-known': 'Remove this server from the tool, add it again, and connect.',
  'cure.operator.client-known':
    'The client id was made by another server, under a secret that is no longer in SECRETS, or is blocked. Put the old secret back as a second one, or let people add the server again.',
  'cure.person.client-document': 'Try again in a minute. If it stays like this, tell whoever runs this server.',
  'cure.operator.client-document':
    'The document at the client id could not be fetched, or does not say what it must. The values name the fault. Let this server reach that host by https, or set CIMD=off: tools then register instead. A document with a fault is for whoever makes the tool to fix.',
  'cure.person.client-authentication-method': 'Remove this server from the tool, add it again, and connect.',
  'cure.operator.client-authentication-method':
    'The tool proves who it is in another way than it registered. It must use the registered method.',
  'cure.person.client-secret': 'Ask whoever set up the tool for its current secret.',
  'cure.operator.client-secret':
    'The secret is not the current one. Give the tool a new one with client rotate-secret.',
  'cure.person.client-assertion': 'Try again. If it stays like this, tell whoever makes the tool.',
  'cure.operator.client-assertion':
    'The signed statement of the tool was refused; the values say why. Look at its clock, its audience and the keys it publishes.',
  'cure.person.resource-server-credentials': 'Ask whoever runs the server behind the tool.',
  'cure.operator.resource-server-credentials':
    'A resource server asked with wrong credentials. Give it what resource create or resource rotate-secret printed.',
  'cure.person.redirect-uri-form': 'Update the tool. It wants its answer at an address that is not safe.',
  'cure.operator.redirect-uri-form':
    'A redirect URI must be https, http on a loopback address, or a private-use scheme that is allowed. Allow the scheme with PRIVATE_USE_REDIRECT_URIS if you trust it.',
  'cure.person.redirect-uri-registered':
    'Do not go on if you did not start this. Otherwise remove this server from the tool, add it again, and connect.',
  'cure.operator.redirect-uri-registered':
    'The address for the answer is none of those registered: compare them character by character. Only the port of a loopback address may differ. The tool must register again with this one.',
  'cure.person.response-type': 'Update the tool. It asks in an old way that is not safe.',
  'cure.operator.response-type': 'The tool must send response_type=code, and response_mode=query or none.',
  'cure.person.no-request-object': 'Update the tool.',
  'cure.operator.no-request-object': 'The tool must send its parameters in the query, not in a request object.',
  'cure.person.state-length': 'Update the tool.',
  'cure.operator.state-length': 'The state of the tool is longer than 4096 characters.',
  'cure.person.prompt': 'Connect again while you are at the browser.',
  'cure.operator.prompt':
    'The tool asked to answer without showing a page, or in an unknown way. It must leave prompt out, or send login, consent or select_account.',
  'cure.person.code-challenge': 'Update the tool. It left out a protection this server asks for (PKCE).',
  'cure.operator.code-challenge':
    'The tool must send a code_challenge of 43 characters with code_challenge_method=S256.',
  'cure.person.code-verifier-form': 'Connect again. If it stays like this, update the tool.',
  'cure.operator.code-verifier-form': 'The code_verifier must have 43 to 128 unreserved characters.',
  'cure.person.resource-known': 'Check the address you gave the tool: it must be exactly the one the console shows.',
  'cure.operator.resource-known':
    'The tool wants a token for a server that is not declared here. Give it the exact address, or declare the server with resource create.',
  'cure.person.one-resource': 'Connect the tool to one server at a time.',
  'cure.operator.one-resource': 'A token is for one resource, and the tool named several.',
  'cure.person.resource-granted': 'Connect again.',
  'cure.operator.resource-granted':
    'The tool asked for tokens of another server than was approved. It must send the resource of the authorization request, or none.',
  'cure.person.scope-known': 'Update the tool, or connect it without naming permissions.',
  'cure.operator.scope-known':
    'The tool asked for permissions that this resource does not have. Compare both lists; leaving the scope out asks for all.',
  'cure.person.scope-form': 'Update the tool.',
  'cure.operator.scope-form': 'Permissions are separated by spaces, without quotes or backslashes.',
  'cure.person.scope-granted': 'Connect again and approve the permissions that are missing.',
  'cure.operator.scope-granted':
    'A renewal cannot ask for more than was approved. The tool must ask at the authorization endpoint.',
  'cure.person.grant-type': 'Update the tool.',
  'cure.operator.grant-type': 'The token endpoint knows authorization_code and refresh_token.',
  'cure.person.grant-type-registered': 'Remove this server from the tool, add it again, and connect.',
  'cure.operator.grant-type-registered': 'The tool registered without refresh_token and tried to use one.',
  'cure.person.code-known': 'Connect again from the tool.',
  'cure.operator.code-known':
    'The code is not one this server made, or it was cut on the way. Several servers behind one name must share SECRETS and database.',
  'cure.person.code-proof': 'Connect again. If it stays like this, update the tool.',
  'cure.operator.code-proof':
    'The code came with another client, redirect URI or verifier than it was asked for with. Compare the values. Two windows of one tool may have mixed up theirs.',
  'cure.person.code-once': 'The connection was ended to be safe. Connect again.',
  'cure.operator.code-once':
    'The code was redeemed twice, so the connection ended. The tool must not repeat the request; look for a proxy that does.',
  'cure.person.code-life': 'Connect again, and let the tool finish at once.',
  'cure.operator.code-life':
    'The code was too old, or its person, organization or client no longer stand. Compare the times.',
  'cure.person.refresh-token-known': 'Connect again.',
  'cure.operator.refresh-token-known':
    'The refresh token is of another client or server, or was made under a secret that is no longer in SECRETS.',
  'cure.person.refresh-token-once': 'The connection was ended to be safe. Connect again.',
  'cure.operator.refresh-token-once':
    'An old refresh token came back after the grace time, so the connection ended. All processes of the tool must keep the newest one in one place.',
  'cure.person.grant-stands': 'The connection has ended. Connect again, or ask an administrator of the organization.',
  'cure.operator.grant-stands':
    'The value names who or what ended it: the person, an administrator, removal from the organization, a block, or time.',
  'cure.person.registration': 'Update the tool.',
  'cure.operator.registration': 'The registration is not valid; the values name the member that is wrong.',
  'cure.person.feed-position': 'Ask whoever runs the server behind the tool.',
  'cure.operator.feed-position':
    'A resource server follows the feed of revocations from a wrong position. It must follow next, or begin without since.',
  'cure.person.access-token': 'Connect again if the tool does not do so by itself.',
  'cure.operator.access-token':
    'The access token expired, was revoked, or is for another server. Compare audience, issuer and times; the tool must refresh.',
  'cure.person.access-token-sent-once': 'Update the tool.',
  'cure.operator.access-token-sent-once':
    'The token came in two places. It belongs in the Authorization header, once, and never in the address.',
  'cure.person.access-token-presented': 'Update the tool, or remove this server from it and add it again.',
  'cure.operator.access-token-presented':
    'The tool had its token and sent none in the Authorization header. Look for a proxy that takes the header away.',
  'cure.person.access-token-scope': 'Connect again and approve what is missing.',
  'cure.operator.access-token-scope':
    'The call needs permissions that were not approved. The tool asks for them by itself, or when it is connected again.',
  'cure.person.scope-allowed':
    'Your role, or your organization, does not allow this. Ask an owner or admin; approving again changes nothing.',
  'cure.operator.scope-allowed':
    'The call needs a permission that the role of the person, or the ceiling of the organization for this client, leaves out. An owner or admin can change either; approving again changes nothing.',
  'cure.person.page-of-this-browser':
    'Begin again from the tool, in one browser, with cookies allowed for this server.',
  'cure.operator.page-of-this-browser':
    'The page was opened in another browser than the one that began, or the browser keeps no cookies.',
  'cure.person.page-in-time': 'Begin again from the tool. A request can be answered for an hour.',
  'cure.operator.page-in-time':
    'The person answered more than an hour after the tool asked. They begin again from the tool.',
  'cure.person.page-of-this-person': 'Begin again from the tool, with one account.',
  'cure.operator.page-of-this-person':
    'Somebody else logged in between the first page and the last. They begin again from the tool.',
  'cure.person.sign-up-open': 'Ask whoever runs this server for an account.',
  'cure.operator.sign-up-open':
    'Nobody can make an account by themselves. Let them with SIGN_UP=open, invite them, or use user create.',
  'cure.person.log-in': 'Check the address and password, or ask for a new password.',
  'cure.operator.log-in':
    'Address and password did not match, or there were too many tries. They can try again later, or use Forgot password.',
  'cure.person.organization-policy':
    'Your organization does not allow this tool. Ask an owner or admin of it to allow it, or connect it for another organization.',
  'cure.person.organization-chosen': 'Choose an organization, or make one on the same page.',
  'cure.operator.organization-policy':
    'The policy of the organization does not allow this tool. An owner or admin can change it in the console, under AI clients.',
  'cure.operator.organization-chosen':
    'The person went on without an organization, or belongs to none. They select or create one.',
  'cure.person.person-approves': 'You denied it. Connect again and press Approve if you want the tool to work.',
  'cure.operator.person-approves':
    'The person pressed Deny. Nothing is broken: they can connect again and press Approve.',
  'cure.person.link-of-this-person': 'Log out, and open the link again.',
  'cure.operator.link-of-this-person':
    'Somebody who was logged in opened the link of somebody else. They log out and open it again.',
  'cure.person.link-usable': 'Ask for a new link. Each works once, and for a time.',
  'cure.operator.link-usable': 'The link was used before, or is too old. Send a new one.',
  'cure.person.answered-once': 'If your tool is not connected, begin again from the tool.',
  'cure.operator.answered-once':
    'The request was approved or denied before, and the page was sent again. If the tool is not connected, they begin again from the tool.',
  'cure.person.decision-given': 'Go back and press Approve or Deny.',
  'cure.operator.decision-given': 'The form came without a decision. They begin again from the tool.',
  'cure.person.form-of-this-session': 'Reload the page and send the form again.',
  'cure.operator.form-of-this-session':
    'The form was of another session: somebody logged in or out since, or cookies are blocked.',
  'cure.person.origin-allowed': 'Ask whoever runs this server to allow the page you use.',
  'cure.operator.origin-allowed':
    'Host or Origin of the request are not allowed. Pass the Host header through the proxy; allow web origins with MCP_ORIGINS.',
  'cure.person.database-reachable': 'Wait a moment and try again. Nothing was lost.',
  'cure.operator.database-reachable':
    'The database did not answer. See the log; GET /health/ready tells when it is over.',
  'cure.person.capacity': 'Wait a moment and try again. Nothing was lost.',
  'cure.operator.capacity':
    'More was asked than this process can do at once. See docs/scaling.md: more processes, or a faster database.',
  'cure.person.server-fault': 'Try again. If it happens again, give the code to whoever runs this server.',
  'cure.operator.server-fault': 'This server made a mistake. The log has the stack under this code; report it.',
} as const;
