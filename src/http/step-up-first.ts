/**
 * This session must prove a second factor before it may: the person is asked to, and comes back. `organizationId`: the
 * one that requires it. Caught by the failure filter.
 */
export class StepUpFirst extends Error {
  constructor(readonly organizationId?: string) {
    super('a second factor is needed');
  }
}

/** Where somebody proves a second factor in this session, or sets one up, and goes on to `back`. */
export function stepUpPath(back: string, organizationId?: string): string {
  const query = new URLSearchParams({
    ...(organizationId !== undefined && { organization: organizationId }),
    return: back,
  });
  return `/console/step-up?${query}`;
}
