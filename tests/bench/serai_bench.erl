%% The other side of the comparisons: processes and messages of Erlang.  Each function prints one
%% number.
-module(serai_bench).
-export([messages/1, births/1, idle/1]).

%% Messages a second between two processes that answer each other.
messages(Count) ->
    Self = self(),
    Peer = spawn(fun() -> echo(Self) end),
    play(Peer, 1000),
    {Us, _} = timer:tc(fun() -> play(Peer, Count div 2) end),
    io:format("~.3f~n", [Count * 1.0e6 / Us]).

echo(Peer) ->
    receive
        {pay, Amount} -> Peer ! {pay, Amount}, echo(Peer)
    end.

play(_, 0) -> ok;
play(Peer, Left) ->
    Peer ! {pay, 100},
    receive {pay, _} -> play(Peer, Left - 1) end.

%% Births a second, in rounds of `Count`; a birth is over when the newborn has run and said so.
births(Count) ->
    births_round(Count),
    Us = lists:sum([births_round(Count) || _ <- lists:seq(1, 10)]),
    io:format("~.3f~n", [10 * Count * 1.0e6 / Us]).

births_round(Count) ->
    Self = self(),
    {Us, Pids} = timer:tc(fun() -> Born = bear(Self, Count, []), gather(Count), Born end),
    [Pid ! stop || Pid <- Pids],
    Us.

bear(_, 0, Born) -> Born;
bear(Self, Left, Born) ->
    bear(Self, Left - 1, [spawn(fun() -> Self ! born, wait() end) | Born]).

gather(0) -> ok;
gather(Left) -> receive born -> gather(Left - 1) end.

wait() -> receive stop -> ok end.

%% Bytes of resident memory for each idle process.
idle(Count) ->
    Before = resident(),
    births_only(Count),
    io:format("~.3f~n", [(resident() - Before) / Count]).

births_only(Count) -> bear(self(), Count, []), gather(Count).

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
