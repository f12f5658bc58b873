import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/*
 * V8 takes what the machine has, and keeps what the start took. Its flags are read at each collection, so that they may
 * be set now: the old generation grows by half from collection to collection, not fourfold, and the young one not at
 * all while the program is loaded, most of which stays. By measurement (docs/scaling.md).
 */
setFlagsFromString('--heap-growing-percent=50');
setFlagsFromString('--semi-space-growth-factor=1');

/** The young generation, its two halves together, is to grow so far. V8 would go on to 32 MiB. */
const YOUNG_BYTES = 8 * 1024 * 1024;

/** The program is loaded: from now on the young generation grows with the work, until it is large enough. */
export function growWithWork(): void {
  let grows = false;
  const look = () => {
    const small = youngBytes() < YOUNG_BYTES;
    if (small !== grows) setFlagsFromString(`--semi-space-growth-factor=${small ? 2 : 1}`);
    grows = small;
  };
  new PerformanceObserver(look).observe({ entryTypes: ['gc'] });
  look();
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? YOUNG_BYTES;
}
