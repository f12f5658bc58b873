import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BackPressure, REQUESTS_AT_ONCE, REQUESTS_OF_A_BURST } from '../../../src/http/back-pressure.js';
import { Overload } from '../../../src/config/overload.js';

/** Longer than a burst may last. */
const LONG_MS = 500;
/** As long as it is calm between two of them. */
const CALM_MS = 1_001;

let pressure: BackPressure;
let underWay: FastifyRequest[];
beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  Logger.overrideLogger(false);
  pressure = new BackPressure({ secureCookies: false });
  underWay = [];
});
afterEach(() => {
  jest.useRealTimers();
});

describe('many requests at once', () => {
  it('are a burst, and all taken in, when they are done soon', () => {
    for (let burst = 0; burst < 3; burst++) {
      begin(REQUESTS_OF_A_BURST);
      jest.advanceTimersByTime(200);
      end(REQUESTS_OF_A_BURST);
      jest.advanceTimersByTime(CALM_MS);
    }
  });

  it('are refused beyond the largest burst', () => {
    begin(REQUESTS_OF_A_BURST);
    expect(isAdmitted()).toBe(false);
  });

  it('are refused when they last, until so few are left as can be worked on', () => {
    begin(REQUESTS_AT_ONCE);
    expect(isAdmitted()).toBe(true);
    jest.advanceTimersByTime(LONG_MS);
    expect(isAdmitted()).toBe(false);
    end(1);
    expect(isAdmitted()).toBe(true);
  });

  it('are no new burst while the old one goes on, however many of it are done', () => {
    begin(REQUESTS_OF_A_BURST);
    for (let again = 0; again < 3; again++) {
      jest.advanceTimersByTime(LONG_MS);
      expect(isAdmitted()).toBe(false);
      end(underWay.length);
      begin(REQUESTS_AT_ONCE);
    }
    jest.advanceTimersByTime(CALM_MS);
    begin(REQUESTS_OF_A_BURST - REQUESTS_AT_ONCE);
  });

  it('leave room for whoever keeps an eye on the server', () => {
    begin(REQUESTS_OF_A_BURST);
    for (const url of ['/health/live', '/health/ready', '/metrics']) expect(isAdmitted(url)).toBe(true);
  });
});

/** So many requests come in, one after the other, each of them admitted. */
function begin(count: number): void {
  for (let n = 0; n < count; n++) {
    expect(isAdmitted()).toBe(true);
    const request = { url: PROGRAMS } as FastifyRequest;
    pressure.begun(request);
    underWay.push(request);
  }
}

function end(count: number): void {
  for (const request of underWay.splice(0, count)) pressure.ended(request);
}

const PROGRAMS = '/mcp/oauth/token';
const PEOPLE = '/console';

/** Whether programs are, and people: the one before Fastify, the other within. */
function isAdmitted(url = PROGRAMS): boolean {
  const handle = jest.fn();
  const response = { writeHead: () => response, end: () => response };
  const server: Server = pressure.serverFactory(handle, {});
  server.emit('request', { url, method: 'POST' } as IncomingMessage, response as unknown as ServerResponse);
  const programs = handle.mock.calls.length === 1;
  if (url === PROGRAMS) expect(arePeopleAdmitted()).toBe(programs);
  return programs;
}

function arePeopleAdmitted(): boolean {
  try {
    pressure.admit({ url: PEOPLE } as FastifyRequest);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(Overload);
    return false;
  }
}
