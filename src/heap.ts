import { setFlagsFromString } from 'node:v8';

/*
 * V8 takes what the machine has, and keeps what the start took. Read at each collection, so that they may be set now:
 * while the program is loaded, most of which stays, the young generation does not grow for it; and the old one grows by
 * half from collection to collection, not fourfold. By measurement (docs/scaling.md).
 */
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=50');

/** The program is loaded: from now on the young generation grows with the work, as it does by itself. */
export function growWithWork(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
