import { isUuid } from '../../http/uuid.js';
import { fieldOf } from '../field.js';

/** So many connections of each kind a page of a rehearsal names. */
const PAGE = 100;

export interface Place {
  readonly email: string;
  readonly id: string;
}

/**
 * Those of one kind that this page names; `last`: where it ends, when there are more. A rehearsal is made anew for each
 * page, so what the page before ended with may be gone by now.
 */
export function pageOf<T>(
  found: readonly T[],
  placed: (one: T) => Place,
  after: Place | undefined,
): { readonly lines: readonly T[]; readonly last: Place | undefined } {
  const rest = after ? found.filter((one) => isBehind(placed(one), after)) : found;
  const lines = rest.slice(0, PAGE);
  return { lines, last: rest.length > PAGE ? placed(lines.at(-1)!) : undefined };
}

/** As the address of a page says them. */
export function writtenPlaces(places: Readonly<Record<string, Place | undefined>>): Record<string, string> {
  const written = Object.entries(places).flatMap(([kind, place]) =>
    place ? [[kind, `${place.email} ${place.id}`]] : [],
  );
  return Object.fromEntries(written) as Record<string, string>;
}

export function placeOf(value: unknown): Place | undefined {
  const [, email, id] = /^(\S{1,254}) (\S+)$/.exec(fieldOf(value)) ?? [];
  return email !== undefined && isUuid(id) ? { email, id } : undefined;
}

function isBehind(one: Place, other: Place): boolean {
  const byEmail = Buffer.compare(Buffer.from(one.email), Buffer.from(other.email));
  return byEmail > 0 || (byEmail === 0 && one.id > other.id);
}
