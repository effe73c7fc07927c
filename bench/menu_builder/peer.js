// The peer: npm `ussd-menu-builder` on Express, its session in Redis, a menu object for each request (with one for the
// process, as its README shows, concurrent sessions get each other's answers). One durable INSERT at the end.
// Environment: PORT WORKERS REDIS_URL PG_URL (empty: no database).
const cluster = require('cluster');
const { PORT, WORKERS, REDIS_URL, PG_URL } = process.env;
const DISTRICTS = ['Buyende', 'Isingiro', 'Kasese', 'Lamwo', 'Moroto', 'Wakiso'];
const MAIN = 'Welcome to the county desk\n1 Building\n2 Water\n3 Registry\n4 Schools\n5 Complaint\n6 My requests\n7 Farming\n9 Arabic';
const TTL_S = 180;

async function work() {
  const redis = require('redis').createClient({ url: REDIS_URL });
  redis.on('error', (error) => console.error(String(error)));
  await redis.connect();
  const pool = PG_URL && new (require('pg').Pool)({ connectionString: PG_URL, max: 16 });
  const insert = async (session, phone, number, district) => pool && pool.query({
    name: 'insert',
    text: 'INSERT INTO bench.entry (session, phone, number, district) VALUES ($1, $2, $3, $4)',
    values: [session, phone, number, district],
  });
  const UssdMenu = require('ussd-menu-builder');
  const key = (session) => `mb:${session}`;

  function menuOfOneRequest() {
    const menu = new UssdMenu();
    menu.sessionConfig({
      start: async (session) => { const made = redis.hSetNX(key(session), 'started', '1'); await redis.expire(key(session), TTL_S); await made; },
      end: (session) => redis.del(key(session)),
      set: (session, name, value) => redis.hSet(key(session), name, value),
      get: (session, name) => redis.hGet(key(session), name),
    });
    menu.startState({ run: () => menu.session.set('phone', menu.args.phoneNumber).then(() => menu.con(MAIN)), next: { 3: 'registry' } });
    menu.state('registry', { run: () => menu.session.set('service', menu.val).then(() => menu.con('Registry\n1 New entry\n2 Check an entry\n0 Back')), next: { 1: 'number' } });
    menu.state('number', { run: () => menu.session.set('action', menu.val).then(() => menu.con('Enter your 12-digit number\n0 Back')), next: { '*^\\d{12}$': 'district' } });
    menu.state('district', {
      run: () => menu.session.set('number', menu.val).then(() => menu.con(`Choose district\n${DISTRICTS.map((name, at) => `${at + 1} ${name}`).join('\n')}\n0 Back`)),
      next: { '*^[1-6]$': 'review' },
    });
    menu.state('review', {
      run: () => Promise.all([menu.session.set('district', menu.val), menu.session.get('number')])
        .then(([, number]) => menu.con(`Check:\nNew entry\nNumber: ${number}\n${DISTRICTS[menu.val - 1]}\n1 Send\n2 Correct\n0 Cancel`)),
      next: { 1: 'done', 0: 'cancelled' },
    });
    menu.state('done', {
      run: async () => {
        const [number, district] = await Promise.all([menu.session.get('number'), menu.session.get('district')]);
        await insert(menu.args.sessionId, menu.args.phoneNumber, number, Number(district));
        menu.end(`Done. ${number} is recorded.`);
      },
    });
    menu.state('cancelled', { run: () => menu.end('Cancelled.') });
    return menu;
  }

  const app = require('express')();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(require('express').urlencoded({ extended: false }));
  app.post('/ussd', (request, response) => {
    const menu = menuOfOneRequest();
    menu.on('error', () => response.status(500).end());
    menu.run(request.body, (answer) => response.type('text/plain').send(answer));
  });
  app.listen(+PORT, '127.0.0.1', 2048);
}

if (+WORKERS > 1 && cluster.isPrimary) {
  for (let number = 0; number < +WORKERS; number++) cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else work();
