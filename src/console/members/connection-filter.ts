import type {
  ConnectionFilter,
  ConnectionSort,
} from '../../database/repositories/organization-connections.repository.js';
import { cursor } from '../../http/position.js';
import { isUuid } from '../../http/uuid.js';
import { CLIENT_IDENTITIES } from '../../oauth/client-metadata.js';
import { DORMANT_MS } from '../../usage/periods.js';
import { fieldOf, searchOf } from '../field.js';

export const SORTS: readonly ConnectionSort[] = ['newest', 'used', 'person'];

/** Which connections of an organization an address asks for. */
export function filterOf(
  { q, grade, sort, after, dormant, tool, person }: Readonly<Record<string, unknown>>,
  now: Date,
): ConnectionFilter {
  const [, key, id] = /^(\S{1,254}) (\S+)$/.exec(fieldOf(after)) ?? [];
  return {
    search: searchOf(q),
    identity: CLIENT_IDENTITIES.find((one) => one === grade),
    dormantSince: dormant === 'on' ? new Date(now.getTime() - DORMANT_MS) : undefined,
    clientKey: idOf(tool),
    userId: idOf(person),
    sort: SORTS.find((one) => one === sort) ?? 'newest',
    after: key !== undefined && isUuid(id) ? { key, id } : undefined,
  };
}

/** The same as an address says it. */
export function queryOf({ search, identity, sort, dormantSince, clientKey, userId, after }: ConnectionFilter) {
  return {
    q: search,
    grade: identity ?? '',
    sort,
    ...(dormantSince && { dormant: 'on' }),
    ...(clientKey && { tool: clientKey }),
    ...(userId && { person: userId }),
    ...cursor('after', after),
  };
}

const idOf = (value: unknown) => (isUuid(value) ? value : undefined);
