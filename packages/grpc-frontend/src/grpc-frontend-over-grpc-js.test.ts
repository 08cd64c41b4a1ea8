/** The tests of the front end once more, over the other transport. */

process.env['NEREID_TEST_TRANSPORT'] = 'grpc-js';
await import('./grpc-frontend.test.js');
