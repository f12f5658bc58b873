/** This session must prove a second factor before it may: the person is asked to, and comes back. Caught by the failure filter. */
export class StepUpFirst extends Error {
  constructor() {
    super('a second factor is needed');
  }
}
