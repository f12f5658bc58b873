/** Where a page of a list that is ordered by a time or by name ended. */
export interface Position {
  /** What the list is sorted by: microseconds since 1970, a name in lower case, a number of calls. */
  readonly key: string;
  readonly id: string;
}

/** A time as microseconds since 1970: as exact in an address as in the database, which JavaScript's dates are not. */
export const micros = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;

/** The time again, of a placeholder. */
export const timeOfMicros = (key: string) => `'epoch'::timestamptz + ${key}::bigint * interval '1 microsecond'`;
