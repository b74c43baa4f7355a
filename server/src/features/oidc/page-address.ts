import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OidcSettings } from './oidc-settings.js';

/**
 * Addresses that providers send browsers to. From the settings or the port that is open, never from the `Host` of a request:
 * that anybody can write.
 */
@Injectable()
export class PageAddress {
  constructor(
    private readonly settings: OidcSettings,
    private readonly http: HttpAdapterHost,
  ) {}

  /** What is registered at the provider, to the letter. */
  redirectUri(providerId: string): string {
    return `${this.base}/api/v1/auth/oidc/${providerId}/callback`;
  }

  /** The page, with something for it alone: a fragment is not sent to servers. */
  page(name: 'signed-in' | 'linked' | 'sign-in-failed' | 'invite' | 'link', value: string): string {
    return `${this.base}/#${name}=${value}`;
  }

  private get base(): string {
    const { publicUrl, host } = this.settings;
    if (publicUrl !== undefined) return publicUrl;
    const { port } = this.http.httpAdapter.getHttpServer().address() as AddressInfo;
    const isEverywhere = host === '0.0.0.0' || host === '::';
    return `http://${isEverywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
  }
}
