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

# KEYS page, changes, generation, floor. Returns the generation now and, if the page is not wrong:
# whether it is not below the floor, its age in microseconds, ETag, tags and body.
READ = (
    _TIME
    + _NUMBER
    + _CHANGED
    + """
local generation = number(KEYS[3])
local kept = redis.call('hmget', KEYS[1], 'generation', 'filled_at', 'etag', 'tags', 'body')
if not kept[1] or changed_since(KEYS[2], kept[4], tonumber(kept[1])) then return {generation} end
local good = tonumber(kept[1]) >= number(KEYS[4])
return {generation, good and 1 or 0, now - tonumber(kept[2]), kept[3], kept[4], kept[5]}
"""
)

# KEYS page, changes, floor, spent; ARGV generation, ETag, tags, body, seconds to keep it, budget in
# bytes per hour for what was not there (0: none). Returns 1 if the page was stored.
STORE = (
    _TIME
    + _NUMBER
    + _CHANGED
    + """
local generation = tonumber(ARGV[1])
if generation < number(KEYS[3]) or changed_since(KEYS[2], ARGV[3], generation) then return 0 end
local budget = tonumber(ARGV[6])
if budget > 0 and redis.call('exists', KEYS[1]) == 0 then
    local spent = redis.call('incrby', KEYS[4], #ARGV[4])
    if spent == #ARGV[4] then redis.call('expire', KEYS[4], 3600) end
    if spent > budget then return 0 end
end
redis.call('hset', KEYS[1], 'generation', ARGV[1], 'filled_at', string.format('%.0f', now),
           'etag', ARGV[2], 'tags', ARGV[3], 'body', ARGV[4])
redis.call('expire', KEYS[1], ARGV[5])
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
