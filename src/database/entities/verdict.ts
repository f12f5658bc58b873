import type { Role } from '../../oauth/role.js';

/** `ask`: the person states a reason, and whoever governs the organization answers. Until then the tool may not. */
export type Verdict = 'allow' | 'ask' | 'deny';
/** One person, by id. */
export type SinglePerson = `person:${string}`;
export type People = Role | 'everybody' | SinglePerson;
