import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { servePlayground } from './serve-playground.js';

@Module({})
class Nothing {}

let folder: string;
let app: NestExpressApplication;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-playground-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Tandem</title>');
  await writeFile(join(folder, 'favicon.svg'), '<svg/>');
  await writeFile(join(folder, 'assets', 'index-Dx3_k9-a.js'), 'export {};');
  await writeFile(join(folder, '.env'), 'TANDEM_SECRET=canary');
  app = await NestFactory.create<NestExpressApplication>(Nothing, { logger: false });
  servePlayground(app, folder);
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});
afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the page is asked for each time, what has a hash in its name once and for all', async () => {
  const page = await fetch(`${url}/`);
  expect(await page.text()).toContain('<title>Tandem</title>');
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const script = await fetch(`${url}/assets/index-Dx3_k9-a.js`);
  expect(script.headers.get('content-type')).toMatch(/javascript/);
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const icon = await fetch(`${url}/favicon.svg`);
  expect(icon.headers.get('cache-control')).toBe('no-cache');
});

test('nothing outside of the folder is served, nor hidden files in it', async () => {
  for (const path of ['/.env', '/..%2f..%2fetc/passwd', '/assets/', '/assets/%2e%2e/%2e%2e/package.json']) {
    const answer = await fetch(url + path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await answer.text()).not.toMatch(/canary|root:/);
  }
});
