import type { Place } from '../../database/repositories/rehearsals.repository.js';
import { isUuid } from '../../http/uuid.js';
import { fieldOf } from '../field.js';

/** So many connections of each kind a page of a rehearsal names. */
export const PAGE = 100;

/**
 * What this page names of those that were found; `last`: where it ends, when there are more. A rehearsal is made anew
 * for each page, so what the page before ended with may be gone by now.
 */
export function pageOf<T extends Place>(
  found: readonly T[],
): { readonly lines: readonly T[]; readonly last: Place | undefined } {
  const lines = found.slice(0, PAGE);
  return { lines, last: found.length > PAGE ? lines.at(-1) : undefined };
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
