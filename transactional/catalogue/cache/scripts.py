"""What the processes share in Redis, as Lua: each script is one step that nothing comes between.

`changes` has every tag that changed within a day, its score the generation of its last change.
Generations are microseconds of Redis's clock that never go back. A page knows the generation from
before it was read in PostgreSQL, and is wrong once one of its tags has a later one; so what a slow reader
stores after a change was told is refused, or would be found wrong. Nothing has to be deleted.

`floor` is the generation up to which changes may have been lost: Redis was started anew (its file may
lack the last second), emptied, or everything changed. Pages from before are good only for want of better.
"""

CHANGES = "catalogue:changes"
GENERATION = "catalogue:generation"
FLOOR = "catalogue:floor"
TOLD_UNTIL = "catalogue:told-until"
RUN = "catalogue:run"
KEPT_SECONDS = 24 * 3600
"""How long pages may serve for want of better ones."""

_TIME = """
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
"""
_NUMBER = """
local function number(key) return tonumber(redis.call('get', key) or '0') end
"""
_NEXT = """
local function next_generation(key)
    local made = math.max(now, number(key) + 1)
    redis.call('set', key, string.format('%.0f', made))
    return made
end
"""
_CHANGED = """
local function changed_since(changes, tags, generation)
    for tag in string.gmatch(tags, '%S+') do
        local at = redis.call('zscore', changes, tag)
        if at and tonumber(at) > generation then return true end
    end
    return false
end
"""

# KEYS changes, generation, floor, pages. Returns the generation now and of each page, if it is not wrong:
# whether it is not below the floor, its age in microseconds, ETag, tags and body; nothing of another.
READ = (
    _TIME
    + _NUMBER
    + _CHANGED
    + """
local floor, pages = number(KEYS[3]), {}
for i = 4, #KEYS do
    local kept = redis.call('hmget', KEYS[i], 'generation', 'filled_at', 'etag', 'tags', 'body')
    if not kept[1] or changed_since(KEYS[1], kept[4], tonumber(kept[1])) then
        pages[i - 3] = {}
    else
        local good = tonumber(kept[1]) >= floor
        pages[i - 3] = {good and 1 or 0, now - tonumber(kept[2]), kept[3], kept[4], kept[5]}
    end
end
return {number(KEYS[2]), pages}
"""
)

# KEYS changes, floor, spent, pages; ARGV generation, seconds to keep them, budget in bytes per hour for
# what was not there (0: none), and of each page ETag, tags and body.
STORE = (
    _TIME
    + _NUMBER
    + _CHANGED
    + """
local generation, budget = tonumber(ARGV[1]), tonumber(ARGV[3])
if generation < number(KEYS[2]) then return 0 end
local function within_budget(page, n_bytes)
    if budget == 0 or redis.call('exists', page) == 1 then return true end
    local spent = redis.call('incrby', KEYS[3], n_bytes)
    if spent == n_bytes then redis.call('expire', KEYS[3], 3600) end
    return spent <= budget
end
for i = 4, #KEYS do
    local etag, tags, body = ARGV[3 * i - 8], ARGV[3 * i - 7], ARGV[3 * i - 6]
    if not changed_since(KEYS[1], tags, generation) and within_budget(KEYS[i], #body) then
        redis.call('hset', KEYS[i], 'generation', ARGV[1], 'filled_at', string.format('%.0f', now),
                   'etag', etag, 'tags', tags, 'body', body)
        redis.call('expire', KEYS[i], ARGV[2])
    end
end
return 1
"""
)

# KEYS changes, generation, floor; ARGV whether everything changed, seconds to remember, tags.
TELL = (
    _TIME
    + _NUMBER
    + _NEXT
    + """
local generation = string.format('%.0f', next_generation(KEYS[2]))
if ARGV[1] == '1' then redis.call('set', KEYS[3], generation) end
for i = 3, #ARGV do redis.call('zadd', KEYS[1], generation, ARGV[i]) end
redis.call('zremrangebyscore', KEYS[1], '-inf', string.format('(%.0f', now - ARGV[2] * 1000000))
return generation
"""
)

# KEYS changes, generation, floor, told-until, run; ARGV generation known, most tags wanted.
# Returns generation, floor, microseconds since all was told (-1: never), and the tags changed.
LOOK = (
    _TIME
    + _NUMBER
    + _NEXT
    + """
local run = string.match(redis.call('info', 'server'), 'run_id:(%w+)')
if redis.call('get', KEYS[5]) ~= run then
    redis.call('set', KEYS[3], string.format('%.0f', next_generation(KEYS[2])))
    redis.call('set', KEYS[5], run)
end
local told = redis.call('get', KEYS[4])
local tags = redis.call('zrangebyscore', KEYS[1], '(' .. ARGV[1], '+inf', 'limit', 0, ARGV[2])
return {number(KEYS[2]), number(KEYS[3]), told and now - tonumber(told) or -1, tags}
"""
)
