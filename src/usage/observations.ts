import { OBSERVED_MS, DORMANT_MS } from './periods.js';

/** Not used for so long that it may be forgotten. */
export function isDormant({ lastUsedAt }: { readonly lastUsedAt: Date }, now: Date): boolean {
  return now.getTime() - lastUsedAt.getTime() > DORMANT_MS;
}

/**
 * Whether a connection has been watched for long enough to say what it does not need: since it was made, and since this
 * server counts at all, which one that was updated has not done for ever.
 */
export function isObserved(
  { createdAt }: { readonly createdAt: Date },
  countingSince: Date | undefined,
  now: Date,
): boolean {
  if (!countingSince) return false;
  const watched = Math.max(createdAt.getTime(), countingSince.getTime());
  return now.getTime() - watched >= OBSERVED_MS;
}
