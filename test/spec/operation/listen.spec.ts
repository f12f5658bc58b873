import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { listenOn } from '../../../src/listen.js';
import { freePort } from '../../support/postgres-server.mjs';

@Controller()
class Here {
  @Get()
  here(): string {
    return 'here';
  }
}

@Module({ controllers: [Here] })
class Root {}

describe('a host of several addresses', () => {
  let app: NestFastifyApplication;
  let port: number;
  beforeEach(async () => {
    app = await NestFactory.create<NestFastifyApplication>(Root, new FastifyAdapter(), { logger: false });
    port = await freePort();
  });
  afterEach(() => app.close());

  const at = async (address: string) => (await fetch(`http://${address}:${port}/`)).text();

  it('is listened to on each that this machine has, until the server is closed', async () => {
    await listenOn(app, port, ['127.0.0.1', '127.0.0.2', '192.0.2.1']);
    expect(await Promise.all(['127.0.0.1', '127.0.0.2'].map(at))).toEqual(['here', 'here']);
    await app.close();
    for (const address of ['127.0.0.1', '127.0.0.2']) await expect(at(address)).rejects.toThrow('fetch failed');
  });

  it('is not shared with another program: whoever connects would reach either', async () => {
    const other = createServer().listen(port, '127.0.0.2');
    await once(other, 'listening');
    await expect(listenOn(app, port, ['127.0.0.1', '127.0.0.2'])).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    other.close();
  });
});
