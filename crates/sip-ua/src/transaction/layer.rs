//! `Layer`: all transactions of a user agent, and which message belongs to which (RFC 3261 §17).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use sip::{Method, Request, Response, StatusCode};

use super::invite_client::InviteClient;
use super::invite_server::InviteServer;
use super::key::{ClientKey, MergeKey, ServerKey};
use super::non_invite_client::NonInviteClient;
use super::non_invite_server::NonInviteServer;
use super::{ClientOutput, ServerOutput};
use crate::schedule::Schedule;
use crate::{FlowId, Limits, Timers, Transport};

/// A client transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientId(u64);

/// A server transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerId(u64);

/// Where a response goes: back on the flow of the request, or, if that is gone, to the address it came from
/// and the port of its Via (RFC 3261 §18.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReplyTo {
    pub(crate) flow: FlowId,
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
}

/// What a received request is to the layer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// It came before; the transaction has dealt with it. Also an ACK to a refusal.
    Absorbed,
    /// An ACK that belongs to no transaction: perhaps one to a 2xx.
    Ack,
    /// A copy of a request that came another way: 482.
    Merged,
    /// New.
    New,
    /// A header that every request needs is unreadable.
    Unreadable,
}

/// What the layer wants done.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once from queue to queue; a box would cost an allocation each"
)]
pub(crate) enum LayerOutput {
    /// Send a request again or for the first time.
    Transmit { flow: FlowId, bytes: Bytes },
    /// Send a response.
    Reply { to: ReplyTo, bytes: Bytes },
    /// A response for the transaction user. The final one comes once, each 2xx to an INVITE as often as it comes.
    Response { client: ClientId, response: Response },
    /// No final response came in time.
    TimedOut { client: ClientId },
    /// A client transaction is gone.
    ClientGone { client: ClientId },
    /// A server transaction is gone.
    ServerGone { server: ServerId },
}

/// All transactions.
#[derive(Debug)]
pub(crate) struct Layer {
    timers: Timers,
    most_clients: usize,
    most_servers: usize,
    created: u64,
    clients: BTreeMap<ClientId, Client>,
    client_keys: BTreeMap<ClientKey, ClientId>,
    servers: BTreeMap<ServerId, Server>,
    server_keys: BTreeMap<ServerKey, ServerId>,
    merges: BTreeMap<MergeKey, ServerId>,
    schedule: Schedule<Wake>,
    outputs: VecDeque<LayerOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    Client(ClientId),
    Server(ServerId),
}

#[derive(Debug)]
struct Client {
    key: ClientKey,
    flow: FlowId,
    machine: ClientMachine,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(InviteClient),
    Other(NonInviteClient),
}

#[derive(Debug)]
struct Server {
    key: ServerKey,
    merge: Option<MergeKey>,
    reply_to: ReplyTo,
    machine: ServerMachine,
}

#[derive(Debug)]
enum ServerMachine {
    Invite(InviteServer),
    Other(NonInviteServer),
}

impl Layer {
    /// No transactions; of each side at most as many as `limits` says.
    pub(crate) const fn new(timers: Timers, limits: &Limits) -> Self {
        Self {
            timers,
            most_clients: limits.client_transactions,
            most_servers: limits.server_transactions,
            created: 0,
            clients: BTreeMap::new(),
            client_keys: BTreeMap::new(),
            servers: BTreeMap::new(),
            server_keys: BTreeMap::new(),
            merges: BTreeMap::new(),
            schedule: Schedule::new(),
            outputs: VecDeque::new(),
        }
    }

    /// How many transactions live.
    pub(crate) fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether no further request of ours may be sent.
    pub(crate) fn is_full_of_clients(&self) -> bool {
        self.clients.len() >= self.most_clients
    }

    /// Whether no further request of a peer is taken.
    pub(crate) fn is_full_of_servers(&self) -> bool {
        self.servers.len() >= self.most_servers
    }

    /// The flows that requests of ours were sent on.
    pub(crate) fn client_flows(&self) -> impl Iterator<Item = FlowId> {
        self.clients.values().map(|client| client.flow)
    }

    /// Whether a transaction needs `flow`.
    pub(crate) fn uses(&self, flow: FlowId) -> bool {
        self.clients.values().any(|client| client.flow == flow)
            || self.servers.values().any(|server| server.reply_to.flow == flow)
    }

    /// Sends `request`, whose topmost Via has `branch`, on `flow`.
    pub(crate) fn send(
        &mut self,
        request: Request,
        branch: &str,
        flow: FlowId,
        transport: Transport,
        now: Instant,
    ) -> ClientId {
        let key = ClientKey::new(branch, request.method());
        let reliable = transport.is_reliable();
        let machine = match *request.method() == Method::INVITE {
            true => ClientMachine::Invite(InviteClient::new(request, reliable, self.timers, now)),
            false => ClientMachine::Other(NonInviteClient::new(request, reliable, self.timers, now)),
        };
        self.created += 1;
        let id = ClientId(self.created);
        self.client_keys.insert(key.clone(), id);
        self.clients.insert(id, Client { key, flow, machine });
        self.settle_client(id);
        id
    }

    /// Hands a response to its transaction; `false` if there is none.
    pub(crate) fn handle_response(&mut self, response: Response, now: Instant) -> bool {
        let id = ClientKey::of_response(&response).and_then(|key| self.client_keys.get(&key).copied());
        let Some((id, client)) = id.and_then(|id| Some((id, self.clients.get_mut(&id)?))) else {
            return false;
        };
        match &mut client.machine {
            ClientMachine::Invite(machine) => machine.handle_response(response, now),
            ClientMachine::Other(machine) => machine.handle_response(response, now),
        }
        self.settle_client(id);
        true
    }

    /// The INVITE of a transaction that may be cancelled now, and its flow.
    pub(crate) fn cancellable(&self, id: ClientId) -> Option<(&Request, FlowId)> {
        match self.clients.get(&id)? {
            Client { machine: ClientMachine::Invite(machine), flow, .. } if machine.is_proceeding() => {
                Some((machine.request(), *flow))
            }
            _ => None,
        }
    }

    /// A CANCEL was sent for this INVITE.
    pub(crate) fn give_up_later(&mut self, id: ClientId, now: Instant) {
        if let Some(Client { machine: ClientMachine::Invite(machine), .. }) = self.clients.get_mut(&id) {
            machine.give_up_later(now);
            self.settle_client(id);
        }
    }

    /// Finds out what a request is, and hands it to its transaction if it has one.
    pub(crate) fn handle_request(&mut self, request: &Request, reply_to: ReplyTo, now: Instant) -> Route {
        let Some(key) = ServerKey::of_request(request) else { return Route::Unreadable };
        let is_ack = *request.method() == Method::ACK;
        let known = self.server_keys.get(&key).copied();
        if let Some((id, server)) = known.and_then(|id| Some((id, self.servers.get_mut(&id)?))) {
            match &mut server.machine {
                ServerMachine::Invite(machine) if is_ack && machine.is_accepted() => return Route::Ack,
                ServerMachine::Invite(machine) if is_ack => machine.handle_ack(now),
                ServerMachine::Invite(machine) => machine.handle_repeat(),
                ServerMachine::Other(machine) => machine.handle_repeat(),
            }
            // The client may have opened another connection to ask again.
            server.reply_to = reply_to;
            self.settle_server(id);
            return Route::Absorbed;
        }
        if is_ack {
            return Route::Ack;
        }
        match MergeKey::of_request(request) {
            Some(merge) if self.merges.contains_key(&merge) => Route::Merged,
            _ => Route::New,
        }
    }

    /// Opens a transaction for a request that is [`Route::New`] or [`Route::Merged`]; `trying` is the 100 to it.
    pub(crate) fn accept(
        &mut self,
        request: &Request,
        reply_to: ReplyTo,
        trying: Option<Bytes>,
        now: Instant,
    ) -> Option<ServerId> {
        let key = ServerKey::of_request(request)?;
        let reliable = reply_to.transport.is_reliable();
        let machine = match *request.method() == Method::INVITE {
            true => ServerMachine::Invite(InviteServer::new(trying, reliable, self.timers, now)),
            false => ServerMachine::Other(NonInviteServer::new(reliable, self.timers, now)),
        };
        self.created += 1;
        let id = ServerId(self.created);
        let merge = MergeKey::of_request(request).filter(|merge| !self.merges.contains_key(merge));
        if let Some(merge) = &merge {
            self.merges.insert(merge.clone(), id);
        }
        self.server_keys.insert(key.clone(), id);
        self.servers.insert(id, Server { key, merge, reply_to, machine });
        self.settle_server(id);
        Some(id)
    }

    /// Sends a response; `false` if the transaction is gone.
    pub(crate) fn respond(
        &mut self,
        id: ServerId,
        status: StatusCode,
        response: Bytes,
        now: Instant,
    ) -> bool {
        let Some(server) = self.servers.get_mut(&id) else { return false };
        match &mut server.machine {
            ServerMachine::Invite(machine) => machine.respond(status, response, now),
            ServerMachine::Other(machine) => machine.respond(status, response, now),
        }
        self.settle_server(id);
        true
    }

    /// The INVITE that a CANCEL is about.
    pub(crate) fn cancelled(&self, cancel: &Request) -> Option<ServerId> {
        self.server_keys.get(&ServerKey::of_cancelled(cancel)?).copied()
    }

    /// Where the responses of a transaction go.
    pub(crate) fn reply_to(&self, id: ServerId) -> Option<ReplyTo> {
        Some(self.servers.get(&id)?.reply_to)
    }

    /// A flow is gone: the transactions on it that have no final response, now forgotten.
    pub(crate) fn handle_flow_lost(&mut self, flow: FlowId) -> Vec<ClientId> {
        let lost: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|(_, client)| client.flow == flow && !client.is_answered())
            .map(|(id, _)| *id)
            .collect();
        for id in &lost {
            self.forget_client(*id);
        }
        lost
    }

    /// Forgets a client transaction.
    pub(crate) fn forget_client(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            self.client_keys.remove(&client.key);
            self.schedule.set(Wake::Client(id), None);
            self.outputs.push_back(LayerOutput::ClientGone { client: id });
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while let Some(wake) = self.schedule.pop_due(now) {
            match wake {
                Wake::Client(id) => {
                    match self.clients.get_mut(&id).map(|client| &mut client.machine) {
                        Some(ClientMachine::Invite(machine)) => machine.handle_timeout(now),
                        Some(ClientMachine::Other(machine)) => machine.handle_timeout(now),
                        None => {}
                    }
                    self.settle_client(id);
                }
                Wake::Server(id) => {
                    match self.servers.get_mut(&id).map(|server| &mut server.machine) {
                        Some(ServerMachine::Invite(machine)) => machine.handle_timeout(now),
                        Some(ServerMachine::Other(machine)) => machine.handle_timeout(now),
                        None => {}
                    }
                    self.settle_server(id);
                }
            }
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.schedule.next()
    }

    /// The next thing to do.
    pub(crate) fn poll_output(&mut self) -> Option<LayerOutput> {
        self.outputs.pop_front()
    }

    /// Takes the outputs of a client transaction, and sets its alarm.
    fn settle_client(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let flow = client.flow;
        let mut gone = false;
        while let Some(output) = client.poll_output() {
            self.outputs.push_back(match output {
                ClientOutput::Transmit(bytes) => LayerOutput::Transmit { flow, bytes },
                ClientOutput::Response(response) => LayerOutput::Response { client: id, response },
                ClientOutput::TimedOut => LayerOutput::TimedOut { client: id },
                ClientOutput::Terminated => {
                    gone = true;
                    continue;
                }
            });
        }
        let next = client.next_timeout();
        if gone {
            self.forget_client(id);
        } else {
            self.schedule.set(Wake::Client(id), next);
        }
    }

    /// Takes the outputs of a server transaction, and sets its alarm.
    fn settle_server(&mut self, id: ServerId) {
        let Some(server) = self.servers.get_mut(&id) else { return };
        let to = server.reply_to;
        let mut gone = false;
        while let Some(output) = server.poll_output() {
            match output {
                ServerOutput::Transmit(bytes) => self.outputs.push_back(LayerOutput::Reply { to, bytes }),
                ServerOutput::Terminated => gone = true,
            }
        }
        let next = server.next_timeout();
        if !gone {
            self.schedule.set(Wake::Server(id), next);
        } else if let Some(server) = self.servers.remove(&id) {
            self.server_keys.remove(&server.key);
            if let Some(merge) = server.merge {
                self.merges.remove(&merge);
            }
            self.schedule.set(Wake::Server(id), None);
            self.outputs.push_back(LayerOutput::ServerGone { server: id });
        }
    }
}

impl Client {
    /// Whether the user has its final response.
    fn is_answered(&self) -> bool {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.is_answered(),
            ClientMachine::Other(machine) => machine.is_answered(),
        }
    }

    fn poll_output(&mut self) -> Option<ClientOutput> {
        match &mut self.machine {
            ClientMachine::Invite(machine) => machine.poll_output(),
            ClientMachine::Other(machine) => machine.poll_output(),
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.next_timeout(),
            ClientMachine::Other(machine) => machine.next_timeout(),
        }
    }
}

impl Server {
    fn poll_output(&mut self) -> Option<ServerOutput> {
        match &mut self.machine {
            ServerMachine::Invite(machine) => machine.poll_output(),
            ServerMachine::Other(machine) => machine.poll_output(),
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.next_timeout(),
            ServerMachine::Other(machine) => machine.next_timeout(),
        }
    }
}
