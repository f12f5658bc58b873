import { Initial1700000000000 } from './1700000000000-initial.js';
import { TrustedClients1700000001000 } from './1700000001000-trusted-clients.js';

/** In the order they run. Generated, then read, then never edited. */
export const MIGRATIONS = [Initial1700000000000, TrustedClients1700000001000];
