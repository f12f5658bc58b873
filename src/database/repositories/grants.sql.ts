/*
 * What holds of a grant at a time. `grant`: its alias; `at`: an expression of SQL. One is valid from its approval on,
 * while its code still waits to be exchanged; with the exchange it is a connection. What ends connections ends whatever
 * is valid.
 */

/** Neither revoked nor expired. */
export const isValid = (grant: string, at: string) => `${grant}.revoked_at IS NULL AND ${grant}.expires_at > ${at}`;

/** A live connection: valid, and its code was exchanged. */
export const isLive = (grant: string, at: string) => `${isValid(grant, at)} AND ${grant}.code_used_at IS NOT NULL`;
