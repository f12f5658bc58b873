/** A command that cannot be done, with one sentence for the person at the terminal. */
export class CommandFault extends Error {}
