import { SetMetadata } from '@nestjs/common';

export const PUBLIC = Symbol('public');

/** The route answers without an access token; every other one is behind the `AuthGuard`. */
export const Public = () => SetMetadata(PUBLIC, true);
