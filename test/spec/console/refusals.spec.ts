import { ForbiddenException } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pageFailureOf } from '../../../src/http/failures.js';
import { plainly } from '../../../src/texts/text.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';

const OUTDATED = 'This form is no longer valid';

describe('what a person is told who is refused with 403', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.close());

  it('of a form that is not of this session: that', async () => {
    const page = await new HttpBrowser().post(`${server.origin}/console/login`, new URLSearchParams({ csrf: 'no' }));
    expect([page.status, textOf(page.html)]).toEqual([403, expect.stringContaining(OUTDATED)]);
    expect(watch.logged.some((line) => line.includes('form-of-this-session'))).toBe(true);
  });

  it('of anything else: not that', () => {
    const { status, title } = pageFailureOf(new ForbiddenException('not yours'));
    expect([status, plainly(title, 'en')]).toEqual([403, expect.not.stringContaining(OUTDATED)]);
  });
});
