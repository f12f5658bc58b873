import { Initial1700000000000 } from './1700000000000-initial.js';

/** In the order they run. Generated, then read, then never edited. */
export const MIGRATIONS = [Initial1700000000000];
