import { Clock } from '../../src/config/clock.js';

/** Real time, moved by as much as a test says. */
export class TestClock extends Clock {
  private offset = 0;

  override now(): Date {
    return new Date(Date.now() + this.offset);
  }

  /** Moves on by so many seconds. */
  advance(seconds: number): void {
    this.offset += seconds * 1000;
  }
}
