import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Admission, REQUESTS_OF_A_BURST } from '../../../src/http/admission.js';

const AT_ONCE = 64;
/** Longer than a burst may last. */
const LONG_MS = 600;
/** As long as it is calm between two of them. */
const CALM_MS = 1_001;

let admission: Admission<object>;
let underWay: object[];
beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  admission = new Admission(AT_ONCE);
  underWay = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** So many requests come in, one after the other, each of them admitted. */
function begin(count: number): void {
  for (let n = 0; n < count; n++) {
    expect(admission.isFull()).toBe(false);
    const request = {};
    admission.begun(request);
    underWay.push(request);
  }
}

function end(count: number): void {
  for (const request of underWay.splice(0, count)) admission.ended(request);
}

describe('many requests at once', () => {
  it('are a burst, and all taken in, when they are done soon', () => {
    for (let burst = 0; burst < 3; burst++) {
      begin(REQUESTS_OF_A_BURST);
      jest.advanceTimersByTime(LONG_MS);
      end(REQUESTS_OF_A_BURST);
      jest.advanceTimersByTime(CALM_MS);
    }
  });

  it('are too many beyond the largest burst', () => {
    begin(REQUESTS_OF_A_BURST);
    expect(admission.isFull()).toBe(true);
  });

  it('are too many when they last, until so few are left as are worked on at once', () => {
    begin(AT_ONCE);
    expect(admission.isFull()).toBe(false);
    jest.advanceTimersByTime(LONG_MS);
    expect(admission.isFull()).toBe(true);
    end(1);
    expect(admission.isFull()).toBe(false);
  });

  it('are no new burst while the old one goes on, however many of it are done', () => {
    begin(REQUESTS_OF_A_BURST);
    for (let again = 0; again < 3; again++) {
      jest.advanceTimersByTime(LONG_MS);
      expect(admission.isFull()).toBe(true);
      end(underWay.length);
      begin(AT_ONCE);
    }
    jest.advanceTimersByTime(CALM_MS);
    begin(REQUESTS_OF_A_BURST - AT_ONCE);
  });

  it('count once, and never below nothing', () => {
    begin(1);
    admission.begun(underWay[0]!);
    expect(admission.size).toBe(1);
    admission.ended(underWay[0]!);
    admission.ended(underWay[0]!);
    expect(admission.size).toBe(0);
  });
});
