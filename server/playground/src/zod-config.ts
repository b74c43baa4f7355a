import { z } from 'zod';

// Must be imported before any schema is made: zod would try `new Function` for speed, which the policy of the page
// forbids and the browser reports as a violation.
z.config({ jitless: true });
