/** `npm test` runs the default tier, `npm run test:deep` everything: big data, many kills, the whole matrix. */
export const deep = process.env.COPILOT_DB_TEST_TIER === 'deep';
