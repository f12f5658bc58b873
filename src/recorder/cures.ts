import type { Rule } from '../oauth/finding.js';
import { type Text, text } from '../texts/text.js';

/** Whoever runs the server, an owner or admin of an organization, or whoever connects the tool. */
export type Reader = 'operator' | 'administrator' | 'person';
/** Who can mend it. */
type Actor = 'person' | 'maker' | 'operator';

/** Of each rule: who must act when it is broken. */
export const ACTORS: Readonly<Record<Rule, Actor>> = {
  'parameter-form': 'maker',
  'body-form': 'maker',
  'request-form': 'maker',
  'client-known': 'person',
  'client-document': 'operator',
  'client-authentication-method': 'maker',
  'client-secret': 'operator',
  'client-assertion': 'maker',
  'resource-server-credentials': 'operator',
  'redirect-uri-form': 'maker',
  'redirect-uri-registered': 'person',
  'response-type': 'maker',
  'no-request-object': 'maker',
  'state-length': 'maker',
  prompt: 'maker',
  'code-challenge': 'maker',
  'code-verifier-form': 'maker',
  'resource-known': 'person',
  'one-resource': 'maker',
  'resource-granted': 'maker',
  'scope-known': 'maker',
  'scope-form': 'maker',
  'scope-granted': 'maker',
  'grant-type': 'maker',
  'grant-type-registered': 'maker',
  'code-known': 'person',
  'code-proof': 'maker',
  'code-once': 'person',
  'code-life': 'person',
  'refresh-token-known': 'person',
  'refresh-token-once': 'maker',
  'grant-stands': 'person',
  registration: 'maker',
  'feed-position': 'operator',
  'access-token': 'person',
  'access-token-sent-once': 'maker',
  'access-token-presented': 'maker',
  'access-token-scope': 'person',
  'scope-allowed': 'person',
  'page-of-this-browser': 'person',
  'page-in-time': 'person',
  'page-of-this-person': 'person',
  'sign-up-open': 'operator',
  'log-in': 'person',
  'organization-chosen': 'person',
  'organization-policy': 'person',
  'organization-stands': 'operator',
  'second-factor': 'person',
  'person-approves': 'person',
  'link-of-this-person': 'person',
  'link-usable': 'person',
  'answered-once': 'person',
  'decision-given': 'person',
  'form-of-this-session': 'person',
  'origin-allowed': 'operator',
  'database-reachable': 'operator',
  capacity: 'operator',
  'server-fault': 'operator',
};

/** What somebody did at a page, or may not do: owners and admins read it as a third, as operators do. */
const OF_SOMEBODY_ELSE: ReadonlySet<Rule> = new Set<Rule>([
  'log-in',
  'page-in-time',
  'page-of-this-person',
  'organization-chosen',
  'organization-policy',
  'second-factor',
  'person-approves',
  'scope-allowed',
  'answered-once',
  'decision-given',
]);

/** What to do about it, for who reads it; and whose turn it is. */
export function cureOf(rule: Rule, reader: Reader): { readonly cure: Text; readonly actor: Text } {
  return { cure: cureFor(rule, reader), actor: text(`act.${ACTORS[rule]}`) };
}

function cureFor(rule: Rule, reader: Reader): Text {
  if (reader !== 'administrator') return text(`cure.${reader}.${rule}`);
  if (rule === 'organization-stands') return text('cure.administrator.organization-stands');
  return text(`cure.${OF_SOMEBODY_ELSE.has(rule) ? 'operator' : 'person'}.${rule}`);
}
