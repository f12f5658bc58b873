/** A time that a page shows, seen from now. */
export interface Moment {
  readonly at: Date;
  /** From now; negative when it is past. */
  readonly seconds: number;
}

export function moment(at: Date, now: Date): Moment {
  return { at, seconds: (at.getTime() - now.getTime()) / 1000 };
}
