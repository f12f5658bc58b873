import { Injectable } from '@nestjs/common';

/** The only source of time. SQL gets it as a parameter, tests move it. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }

  /** How many milliseconds this clock is ahead of another one that shows `time` now. */
  aheadOf(time: Date): number {
    return this.now().getTime() - time.getTime();
  }
}
