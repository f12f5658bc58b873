import { connect, createServer } from 'node:net';
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

  @Get('late')
  async late(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return 'late';
  }
}

@Module({ controllers: [Here] })
class Root {}

let app: NestFastifyApplication;
let port: number;
beforeEach(async () => {
  app = await NestFactory.create<NestFastifyApplication>(Root, new FastifyAdapter({ forceCloseConnections: 'idle' }), {
    logger: false,
  });
  port = await freePort();
});
afterEach(() => app.close());

describe('a host of several addresses', () => {
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

describe('a server that ends', () => {
  it('waits for those it answers, and for nobody who asked nothing, or half', async () => {
    await listenOn(app, port, ['127.0.0.1']);
    const silent = connect(port, '127.0.0.1');
    const half = connect(port, '127.0.0.1');
    await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
    half.write('GET / HTTP/1.1\r\nHost: x\r\n');
    for (const socket of [silent, half]) socket.on('error', () => undefined);
    const answer = fetch(`http://127.0.0.1:${port}/late`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const begun = performance.now();
    await app.close();
    expect(await (await answer).text()).toBe('late');
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect([silent.destroyed || silent.readableEnded, half.destroyed || half.readableEnded]).toEqual([true, true]);
  });
});
